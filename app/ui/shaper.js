// Two laws as bars that can be dragged: pull one up and the others of its law make room, so that it stays a law. Texts are set
// with textContent only. What was shaped is sent back when the bar is let go, or a moment after the last key.

const SHAPERS = new WeakMap();
const HEIGHT = 250, TOP = 20, FOOT = 30, LEFT = 34, PAUSE_MS = 350;
const SVG = "http://www.w3.org/2000/svg";

export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector(".shaper");
  let shaper = SHAPERS.get(parentElement);
  if (!shaper) {
    shaper = { held: null, timer: 0 };
    SHAPERS.set(parentElement, shaper);
    shaper.watch = new ResizeObserver(() => draw(host, shaper));
    shaper.watch.observe(host);
  }
  shaper.send = () => setTriggerValue("shaped", { p: shaper.p, q: shaper.q });
  // while a bar is held, or keys are still being pressed, the reader's own shape is newer than the server's
  if (!shaper.held && !shaper.timer) {
    Object.assign(shaper, { names: data.names, p: [...data.p], q: [...data.q], looks: data.looks });
    shaper.most = scale(shaper);
  }
  draw(host, shaper);
  return () => { shaper.watch.disconnect(); clearTimeout(shaper.timer); SHAPERS.delete(parentElement); };
}

const scale = (s) => Math.min(1, Math.max(0.4, Math.ceil(Math.max(...s.p, ...s.q) * 11.5) / 10));

function set(law, i, value) {
  const v = Math.min(1, Math.max(0, value));
  const rest = law.reduce((sum, x, j) => (j === i ? sum : sum + x), 0);
  return law.map((x, j) => (j === i ? v : rest > 1e-9 ? (x / rest) * (1 - v) : (1 - v) / (law.length - 1)));
}

function node(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function draw(host, s) {
  const focus = host.getRootNode().activeElement?.dataset?.key;
  const width = Math.max(260, host.clientWidth - 26);
  const svg = node("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "group" });
  svg.setAttribute("aria-label", "The laws p and q; each bar is a slider");
  const room = HEIGHT - TOP - FOOT, y = (v) => TOP + room * (1 - v / s.most);
  const pattern = node("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  pattern.append(node("rect", { width: 6, height: 6, fill: s.looks.q }), node("rect", { width: 1.6, height: 6, fill: s.looks.hatch }));
  svg.append(pattern);
  for (let t = 0; t <= s.most + 1e-9; t += s.most > 0.5 ? 0.2 : 0.1) {
    svg.append(node("line", { x1: LEFT, x2: width, y1: y(t), y2: y(t), stroke: t ? "#E7EAEE" : "#57606A" }));
    svg.append(node("text", { x: LEFT - 6, y: y(t) + 4, "text-anchor": "end", class: "tick" }, t ? t.toFixed(1) : "0"));
  }
  const step = (width - LEFT) / s.names.length, bar = Math.min(40, step * 0.36);
  s.names.forEach((name, i) => {
    const middle = LEFT + step * (i + 0.5), share = Math.min(s.p[i], s.q[i]);
    svg.append(node("rect", { x: middle - bar - 10, y: y(share), width: 2 * bar + 20, height: Math.max(0, y(0) - y(share)), class: "share" }));
    const most = Math.max(3, Math.floor(step / 8.2)), shown = name.length > most ? `${name.slice(0, most - 1)}…` : name;
    svg.append(node("text", { x: middle, y: HEIGHT - 9, "text-anchor": "middle", class: "name" }, shown));
    ["p", "q"].forEach((which, side) => {
      const x = side ? middle + 1 : middle - bar - 1, v = s[which][i], top = y(Math.min(v, s.most));
      svg.append(node("rect", { x, y: top, width: bar, height: Math.max(0, y(0) - top), class: "bar", fill: side ? "url(#hatch)" : s.looks.p }));
      if (step > 58) svg.append(node("text", { x: x + bar / 2, y: top - 5, "text-anchor": "middle", class: "value" }, v.toFixed(2).replace(/^0/, "")));
      const hit = node("rect", { x: side ? middle : middle - step / 2 + 2, y: TOP - 14, width: step / 2 - 2, height: room + 14, class: "hit", rx: 4 });
      const key = `${which}${i}`;
      Object.assign(hit.dataset, { key });
      for (const [k, value] of Object.entries({ role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": 1, "aria-valuenow": v.toFixed(3),
        "aria-orientation": "vertical", "aria-label": `${which} of ${name}` })) hit.setAttribute(k, value);
      if (s.held === key) hit.classList.add("held");
      hit.onpointerdown = (event) => grab(event, host, s, which, i, room);
      hit.onkeydown = (event) => press(event, host, s, which, i);
      svg.append(hit, node("rect", { x: x + bar / 2 - 8, y: top - 2, width: 16, height: 4, rx: 2, class: "grip" }));
    });
  });
  host.querySelector(".stage").replaceChildren(svg);
  // a redraw replaces the bars: give the focus back to the one that had it
  if (focus) svg.querySelector(`[data-key="${focus}"]`)?.focus();
}

function grab(event, host, s, which, i, room) {
  event.preventDefault();
  clearTimeout(s.timer);
  s.timer = 0;
  s.held = `${which}${i}`;
  const most = s.most;
  const move = (e) => {
    const box = host.querySelector("svg").getBoundingClientRect();
    const at = ((e.clientY - box.top) / box.height) * HEIGHT;
    s[which] = set(s[which], i, Math.round(Math.min(most, (1 - (at - TOP) / room) * most) * 100) / 100);
    draw(host, s);
  };
  const drop = () => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", drop);
    window.removeEventListener("pointercancel", drop);
    s.held = null;
    s.most = scale(s);
    draw(host, s);
    s.send();
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", drop);
  window.addEventListener("pointercancel", drop);
  move(event);
  host.querySelector("svg").querySelector(`[data-key="${which}${i}"]`).focus();
}

const STEPS = { ArrowUp: 0.01, ArrowRight: 0.01, ArrowDown: -0.01, ArrowLeft: -0.01, PageUp: 0.1, PageDown: -0.1, Home: -1, End: 1 };

function press(event, host, s, which, i) {
  if (!(event.key in STEPS)) return;
  event.preventDefault();
  event.stopPropagation();
  s[which] = set(s[which], i, s[which][i] + STEPS[event.key]);
  s.most = Math.max(s.most, scale(s));
  draw(host, s);
  clearTimeout(s.timer);
  s.timer = setTimeout(() => { s.timer = 0; s.send(); }, PAUSE_MS);
}
