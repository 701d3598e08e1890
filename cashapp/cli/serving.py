"""`cashapp serve`: the clerks' desk in a browser."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import click

from cashapp.cli.context import Session, tell, where
from cashapp.errors import UsageError

CONNECTIONS = 20
"""Kept open to the database: about as many as there are clerks at work in the same second."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 takes a free one.")
@click.option("--tls-cert", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A certificate, with --tls-key.")
@click.option("--tls-key", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Its private key.")
@click.option("--behind-proxy", is_flag=True, help="A proxy before it speaks TLS.")
@click.pass_obj
@where
def serve(session: Session, host: str, port: int, tls_cert: Path | None, tls_key: Path | None, behind_proxy: bool) -> None:
    """Open the desk. On loopback as it is; anywhere else with a certificate or behind a proxy that has one."""
    import uvicorn

    from cashapp.web.app import create

    if not (_is_loopback(host) or behind_proxy or (tls_cert and tls_key)):
        raise UsageError(f"{host} can be reached by others: give --tls-cert and --tls-key, or --behind-proxy where a proxy speaks TLS")
    workspace, engine = session.open(CONNECTIONS)
    secure = behind_proxy or tls_cert is not None
    scheme = "https" if tls_cert else "http"
    tell(f"the desk of {workspace.home.resolve().name} opens at {scheme}://{host}:{port} – Ctrl-C closes it")
    uvicorn.run(create(workspace, engine, secure=secure), host=host, port=port, log_level="warning", proxy_headers=behind_proxy,
                ssl_certfile=tls_cert, ssl_keyfile=str(tls_key) if tls_key else None, server_header=False)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
