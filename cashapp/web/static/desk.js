// Keys for what every page can do with a mouse. Single keys act only where no field has the focus, and can be turned off.
"use strict";
document.documentElement.classList.add("scripted");
(() => {
  // Lists: rows that the keys move over. A page may have several side by side; ← and → go from one to the next.
  const lists = () => [...document.querySelectorAll("[data-rows]")].filter((list) => list.querySelector("tr[data-row]"));
  const rowsOf = (list) => list ? [...list.querySelectorAll("tr[data-row]")] : [];
  const chosen = () => document.querySelector("tr[data-row][aria-selected=true]");
  const here = () => chosen()?.closest("[data-rows]") || lists()[0];
  const off = () => localStorage.getItem("keys") === "off";
  const writing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  let anchor = null;

  const choose = (row) => {
    document.querySelectorAll("tr[data-row][aria-selected=true]").forEach((other) => other.removeAttribute("aria-selected"));
    row.setAttribute("aria-selected", "true");
    row.querySelector("a, input").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const move = (step) => {
    const all = rowsOf(here()), at = all.indexOf(chosen());
    if (all.length) choose(all[Math.min(Math.max(at + step, 0), all.length - 1)]);
  };
  const aside = (step) => {
    const all = lists(), from = here(), to = all[Math.min(Math.max(all.indexOf(from) + step, 0), all.length - 1)];
    const rows = rowsOf(to);
    if (rows.length) choose(to === from && chosen() ? chosen() : rows[Math.min(Math.max(rowsOf(from).indexOf(chosen()), 0), rows.length - 1)]);
  };
  const box = (row) => row && row.querySelector("input[type=checkbox]");
  const tick = (row, upTo) => {
    const all = rowsOf(row.closest("[data-rows]")), mine = box(row);
    if (!mine) return;
    mine.checked = upTo ? true : !mine.checked;
    if (upTo && anchor && all.includes(anchor)) {
      const [from, to] = [all.indexOf(anchor), all.indexOf(row)].sort((a, b) => a - b);
      all.slice(from, to + 1).forEach((other) => { box(other).checked = true; });
    }
    anchor = row;
    count();
  };

  // Amounts are reckoned in ten-thousandths, exactly.
  const minor = (text) => {
    const [whole, fraction = ""] = (text || "").replace(/,/g, "").replace("−", "-").trim().split(".");
    return /^-?\d+$/.test(whole) && /^\d{0,4}$/.test(fraction) ? BigInt(whole.replace("-", "") + fraction.padEnd(4, "0")) * (whole.startsWith("-") ? -1n : 1n) : 0n;
  };
  const digitsOf = (text) => ((text || "").split(".")[1] || "").length;
  const plain = (value, digits) => {
    const sign = value < 0n ? "−" : "", padded = (value < 0n ? -value : value).toString().padStart(5, "0");
    return sign + padded.slice(0, -4).replace(/\B(?=(\d{3})+$)/g, ",") + (digits ? `.${padded.slice(-4).slice(0, digits)}` : "");
  };
  const sums = (rows) => {
    const found = new Map();
    rows.forEach((row) => {
      const { amount, currency } = row.dataset;
      if (!amount) return;
      const was = found.get(currency) || { value: 0n, digits: 0 };
      found.set(currency, { value: was.value + minor(amount), digits: Math.max(was.digits, digitsOf(amount)) });
    });
    return found;
  };
  const count = () => {
    const ticked = [...document.querySelectorAll("tr[data-row] input[type=checkbox]:checked")].map((each) => each.closest("tr"));
    const told = document.querySelector("[data-ticked]");
    document.querySelectorAll("[data-needs-ticks]").forEach((button) => { button.disabled = ticked.length === 0; });
    if (!told) return;
    const bySide = (side) => sums(ticked.filter((row) => row.dataset.side === side));
    if (told.dataset.ticked === "sides") {
      const bank = bySide("bank"), book = bySide("book");
      told.textContent = [...new Set([...bank.keys(), ...book.keys()])].map((currency) => {
        const one = bank.get(currency) || { value: 0n, digits: 0 }, other = book.get(currency) || { value: 0n, digits: 0 }, digits = Math.max(one.digits, other.digits);
        return `bank ${plain(one.value, digits)} · books ${plain(other.value, digits)} · difference ${plain(one.value - other.value, digits)} ${currency}`;
      }).join("; ");
    } else {
      const parts = [...sums(ticked)].map(([currency, { value, digits }]) => `${plain(value, digits)} ${currency}`);
      told.textContent = ticked.length ? [`${ticked.length} ticked`, ...parts].join(" · ") : "";
    }
  };

  const unfold = (details) => {
    details.open = true;
    details.scrollIntoView({ block: "nearest" });
    const field = details.querySelector("form[method=post] input:not([type=hidden]):not([readonly]), form[method=post] textarea:not([readonly]), form[method=post] select, form[method=post] button");
    if (field) { field.focus(); if (field.select) field.select(); }
  };
  const suggestion = (what) => document.querySelector(`details.suggestion[open] [${what}]`);

  const press = (event) => {
    const key = event.key, escaped = CSS.escape(key), onRow = Boolean(chosen());
    const verb = document.querySelector(`[data-verb="${escaped}"]`), keyed = document.querySelector(`[data-key="${escaped}"]:not(:disabled)`);
    const walked = lists().length > 0;
    if (key === "?") { document.getElementById("help")?.showModal(); return true; }
    if (key === "/") { const field = document.getElementById("search"); if (field) { field.focus(); field.select(); } return Boolean(field); }
    if (walked && (key === "j" || key === "ArrowDown" || (event.shiftKey && key === "J"))) { move(1); if (event.shiftKey) tick(chosen(), true); return true; }
    if (walked && (key === "k" || key === "ArrowUp" || (event.shiftKey && key === "K"))) { move(-1); if (event.shiftKey) tick(chosen(), true); return true; }
    if (lists().length > 1 && (key === "ArrowRight" || key === "ArrowLeft")) { aside(key === "ArrowRight" ? 1 : -1); return true; }
    if (walked && key === " " && onRow) { tick(chosen(), event.shiftKey); return true; }
    if (walked && key === "*" && document.querySelector("[data-all]")) { document.querySelector("[data-all]").click(); return true; }
    const row = chosen() || rowsOf(here())[0];
    if (walked && key === "Enter" && row.dataset.href && !event.target.closest("button, a, summary, input")) { location.href = row.dataset.href; return true; }
    if (/^[1-9]$/.test(key) && document.querySelector(`[data-rank="${key}"]`)) {
      document.querySelectorAll("details.suggestion").forEach((other) => { other.open = other.dataset.rank === key; });
      return true;
    }
    if (key === "e" && suggestion("data-edit")) { suggestion("data-edit").click(); return true; }
    if (verb) { unfold(verb); return true; }
    if (keyed) { keyed.click(); return true; }
    if (key === "Enter" && suggestion("data-accept") && !event.target.closest("button, a, summary, input")) { suggestion("data-accept").click(); return true; }
    return false;
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter" && event.target.form) { event.target.form.requestSubmit(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && writing(event.target)) { event.target.blur(); return; }
    if (writing(event.target) || off() || document.getElementById("help")?.open) return;
    if (press(event)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) document.getElementById("help").showModal();
    const take = event.target.closest("[data-take]");
    if (take) fill(take);
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const field = document.getElementById(copy.dataset.copy);
      field.select();
      (navigator.clipboard ? navigator.clipboard.writeText(field.value) : Promise.reject()).catch(() => document.execCommand("copy")).finally(() => { copy.textContent = "Copied"; });
    }
    const every = event.target.closest("[data-all]");
    if (every) {
      rowsOf(every.closest("[data-rows]")).forEach((row) => { box(row).checked = every.checked; });
      count();
    }
    const ticked = event.target.closest("tr[data-row] input[type=checkbox]");
    if (ticked && event.shiftKey) { ticked.checked = false; tick(ticked.closest("tr"), true); } else if (ticked) { anchor = ticked.closest("tr"); count(); }
  });

  // Find & match: taking an item fills the next line with what the money still covers.
  const state = (form) => {
    const digits = digitsOf(form.dataset.left);
    const used = [...form.querySelectorAll("[name=amount]")].reduce((sum, field) => sum + minor(field.value), 0n);
    return { digits, left: minor(form.dataset.left) - used };
  };
  const reckon = (form) => {
    const { digits, left } = state(form), told = form.querySelector("[data-remaining]");
    told.textContent = plain(left, digits);
    told.classList.toggle("none", left === 0n);
    told.classList.toggle("over", left < 0n);
  };
  const fill = (button) => {
    const form = document.querySelector("#match [data-apply]"), lines = form.querySelector(".lines"), { digits, left } = state(form);
    let line = [...lines.querySelectorAll(".line")].find((each) => !each.querySelector("[name=invoice]").value);
    if (!line) {
      line = lines.querySelector(".line").cloneNode(true);
      line.querySelectorAll("input, select").forEach((field) => { field.value = ""; });
      lines.append(line);
    }
    const open = minor(button.dataset.open);
    line.querySelector("[name=invoice]").value = button.dataset.take;
    line.querySelector("[name=share_customer]").value = button.dataset.customer;
    line.querySelector("[name=amount]").value = plain(open < left || open < 0n ? open : left, digits);
    reckon(form);
  };
  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-apply]");
    if (!form) return;
    if (event.target.name === "invoice" && form.closest("#match")) event.target.closest(".line").querySelector("[name=share_customer]").value = "";
    reckon(form);
  });
  document.querySelectorAll("[data-apply]").forEach(reckon);

  // The list is drawn anew without the page: what was ticked or chosen stays so.
  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.target.matches("[data-keep]")) return;
    kept = { ticked: new Set([...document.querySelectorAll("tr[data-row] input:checked")].map((each) => each.value)), chosen: chosen()?.dataset.row };
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!kept) return;
    document.querySelectorAll("tr[data-row] input[type=checkbox]").forEach((each) => { each.checked = kept.ticked.has(each.value); });
    const row = kept.chosen && document.querySelector(`tr[data-row="${CSS.escape(kept.chosen)}"]`);
    if (row) choose(row);
    kept = null;
    count();
  });

  const area = document.querySelector("[data-drop]");
  if (area) {
    ["dragover", "dragleave", "drop"].forEach((kind) => area.addEventListener(kind, (event) => {
      event.preventDefault();
      area.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) { area.querySelector("[type=file]").files = event.dataTransfer.files; area.requestSubmit(); }
    }));
  }
  const keys = document.getElementById("keys-off");
  if (keys) { keys.checked = off(); keys.addEventListener("change", () => localStorage.setItem("keys", keys.checked ? "off" : "on")); }
  count();
})();
