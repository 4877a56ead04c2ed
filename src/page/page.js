"use strict";
// The search box and the level boxes hide what does not match; everything is there without them.
(() => {
    const search = document.querySelector(".tools input[type=search]");
    const boxes = [...document.querySelectorAll(".tools input[type=checkbox]")];
    const count = document.querySelector(".tools output");
    if (!search) return;
    const items = [...document.querySelectorAll("[data-find]")];
    const show = () => {
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        const off = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
        let shown = 0;
        for (const item of items) {
            const levels = (item.dataset.level || "").split(" ").filter(Boolean);
            const text = item.dataset.find.toLowerCase();
            const fits = words.every((word) => text.includes(word)) && !(levels.length && levels.every((level) => off.has(level)));
            item.hidden = !fits;
            shown += fits ? 1 : 0;
        }
        if (count) count.textContent = `${shown} of ${items.length}`;
    };
    search.addEventListener("input", show);
    boxes.forEach((box) => box.addEventListener("change", show));
    show();
    // What is folded is printed, too.
    window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => (d.open = true)));
})();
