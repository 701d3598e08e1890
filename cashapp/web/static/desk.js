// Keys for what every page can do with a mouse. Single keys act only where no field has the focus, and can be turned off.
"use strict";
(() => {
  const rows = () => [...document.querySelectorAll("[data-rows] tbody tr[data-href]")];
  const off = () => localStorage.getItem("keys") === "off";
  const writing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  let anchor = null;

  const choose = (row) => {
    rows().forEach((other) => other.setAttribute("aria-selected", String(other === row)));
    row.querySelector("a, input").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const chosen = () => rows().find((row) => row.getAttribute("aria-selected") === "true");
  const move = (step) => {
    const all = rows(), at = all.indexOf(chosen());
    if (all.length) choose(all[Math.min(Math.max(at + step, 0), all.length - 1)]);
    return all.length > 0;
  };
  const box = (row) => row && row.querySelector("input[type=checkbox]");
  const tick = (row, upTo) => {
    const all = rows(), here = box(row);
    if (!here) return;
    here.checked = upTo ? true : !here.checked;
    if (upTo && anchor) {
      const [from, to] = [all.indexOf(anchor), all.indexOf(row)].sort((a, b) => a - b);
      all.slice(from, to + 1).forEach((other) => { box(other).checked = true; });
    }
    anchor = row;
    count();
  };
  const count = () => {
    const ticked = document.querySelectorAll("#bulk input[name=case]:checked").length;
    const told = document.querySelector("[data-ticked]"), button = document.querySelector("[data-needs-ticks]");
    if (told) told.textContent = ticked ? `${ticked} ticked` : "";
    if (button) button.disabled = ticked === 0;
  };
  const unfold = (details) => {
    details.open = true;
    const field = details.querySelector("input:not([type=hidden]), textarea");
    if (field) { field.focus(); if (field.select) field.select(); }
  };
  const suggestion = () => document.querySelector("details.suggestion[open] [data-accept]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const help = document.getElementById("help");
    if (event.key === "Escape" && writing(event.target)) { event.target.blur(); return; }
    if (writing(event.target) || off() || (help && help.open)) return;
    const list = rows().length > 0;
    const verb = document.querySelector(`[data-verb="${CSS.escape(event.key)}"]`);
    const keyed = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    let done = true;
    if (event.key === "?") help && help.showModal();
    else if (event.key === "/") { const field = document.getElementById("search"); done = Boolean(field); if (field) { field.focus(); field.select(); } }
    else if (list && (event.key === "j" || event.key === "ArrowDown")) { move(1); if (event.shiftKey) tick(chosen(), true); }
    else if (list && (event.key === "k" || event.key === "ArrowUp")) { move(-1); if (event.shiftKey) tick(chosen(), true); }
    else if (list && event.key === " " && chosen()) tick(chosen(), event.shiftKey);
    else if (list && event.key === "Enter" && chosen() && !event.target.closest("button, a")) location.href = chosen().dataset.href;
    else if (/^[1-9]$/.test(event.key) && document.querySelector(`[data-rank="${event.key}"]`)) {
      document.querySelectorAll("details.suggestion").forEach((other) => { other.open = other.dataset.rank === event.key; });
    }
    else if (verb) unfold(verb);
    else if (keyed && !keyed.disabled) keyed.click();
    else if (event.key === "Enter" && suggestion() && !event.target.closest("button, a, summary")) suggestion().click();
    else done = false;
    if (done) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) document.getElementById("help").showModal();
    const reload = event.target.closest("[data-reload]");
    if (reload) { event.preventDefault(); location.reload(); }
    const take = event.target.closest("[data-take]");
    if (take) fill(take);
    const ticked = event.target.closest("#bulk input[name=case]");
    if (ticked && event.shiftKey) { ticked.checked = false; tick(ticked.closest("tr"), true); } else if (ticked) { anchor = ticked.closest("tr"); count(); }
  });

  // Find & match: taking an item fills the next line with what the money still covers; the remainder is reckoned in minor units.
  const minor = (text) => {
    const [whole, fraction = ""] = text.replace(/,/g, "").replace("−", "-").trim().split(".");
    return /^-?\d+$/.test(whole) && /^\d*$/.test(fraction) ? BigInt(whole.replace("-", "") + fraction.padEnd(4, "0")) * (whole.startsWith("-") ? -1n : 1n) : 0n;
  };
  const plain = (value, digits) => {
    const sign = value < 0n ? "-" : "", padded = (value < 0n ? -value : value).toString().padStart(5, "0");
    return sign + padded.slice(0, -4) + (digits ? `.${padded.slice(-4, -4 + digits || undefined)}` : "");
  };
  const state = (form) => {
    const digits = (form.dataset.left.split(".")[1] || "").length;
    const used = [...form.querySelectorAll("[name=amount]")].reduce((sum, field) => sum + minor(field.value), 0n);
    return { digits, left: minor(form.dataset.left) - used };
  };
  const reckon = (form) => {
    const { digits, left } = state(form);
    form.querySelector("[data-remaining]").textContent = plain(left, digits);
  };
  const fill = (button) => {
    const form = button.closest("form"), { digits, left } = state(form);
    const pair = [...form.querySelectorAll(".lines .pair")].find((each) => !each.querySelector("[name=invoice]").value);
    if (!pair) return;
    const open = minor(button.dataset.open);
    pair.querySelector("[name=invoice]").value = button.dataset.take;
    pair.querySelector("[name=amount]").value = plain(open < left || open < 0n ? open : left, digits);
    reckon(form);
  };
  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-apply]");
    if (form) reckon(form);
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
