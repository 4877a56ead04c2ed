"use strict";
// The search box and the level boxes hide what does not match; everything is there without them.
(() => {
    // A link into something folded unfolds it, and whatever it lies in.
    const unfold = () => {
        const name = decodeURIComponent(location.hash.slice(1));
        let target = name && document.getElementById(name);
        if (!target) return;
        target.hidden = false;
        for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
        target.scrollIntoView();
    };
    window.addEventListener("hashchange", unfold);
    unfold();
    // What is folded is printed, too.
    window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => (d.open = true)));
    const search = document.querySelector(".tools input[type=search]");
    const boxes = [...document.querySelectorAll(".tools input[type=checkbox]")];
    const count = document.querySelector(".tools output");
    if (!search) return;
    const items = [...document.querySelectorAll("[data-find]")];
    // Parts of what can be found that have a level of their own.
    const parts = [...document.querySelectorAll("[data-find] [data-level]")];
    const texts = new Map();
    const textOf = (item) => {
        if (!texts.has(item)) texts.set(item, (item.dataset.find || item.textContent).toLowerCase());
        return texts.get(item);
    };
    const show = () => {
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        const off = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
        let shown = 0;
        for (const item of items) {
            const levels = (item.dataset.level || "").split(" ").filter(Boolean);
            const fits = words.every((word) => textOf(item).includes(word)) && !(levels.length && levels.every((level) => off.has(level)));
            item.hidden = !fits;
            shown += fits ? 1 : 0;
        }
        for (const part of parts) part.hidden = off.has(part.dataset.level);
        if (count) count.textContent = `${shown} of ${items.length}`;
    };
    search.addEventListener("input", show);
    boxes.forEach((box) => box.addEventListener("change", show));
    show();
})();
