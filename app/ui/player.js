// Plays a recorded run: three moments a cycle (drafted, checked, decided). Texts are set with textContent only, so that a
// token is never read as markup. Nothing is fetched and nothing but a click on a token is sent back.

const MOMENTS = [1300, 1200, 2100]; // milliseconds each moment stays
const PLAYERS = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const old = PLAYERS.get(parentElement);
  if (old && old.id === data.id) {
    old.ask = (place) => setTriggerValue("asked", place);
    return old.stop;
  }
  if (old) old.stop();
  const player = start(parentElement.querySelector(".player"), data);
  player.ask = (place) => setTriggerValue("asked", place);
  PLAYERS.set(parentElement, player);
  return player.stop;
}

function start(host, data) {
  const last = data.cycles.length * 3 - 1;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const player = { id: data.id, at: still ? 2 : 0, playing: !still, timer: 0, ask: () => {} };
  const view = build(host, data);

  const draw = () => {
    render(view, data, player);
    view.play.textContent = player.playing ? "❚❚ Pause" : player.at >= last ? "↻ Replay" : "▶ Play";
    clearTimeout(player.timer);
    if (player.playing) player.timer = setTimeout(() => go(player.at + 1), MOMENTS[player.at % 3]);
  };
  const go = (at) => {
    player.at = Math.max(0, Math.min(last, at));
    if (player.at >= last) player.playing = false;
    draw();
  };
  const step = (by) => { player.playing = false; go(player.at + by); };

  view.play.onclick = () => {
    player.playing = !player.playing;
    if (player.playing && player.at >= last) player.at = 0;
    draw();
  };
  view.back.onclick = () => step(-1);
  view.next.onclick = () => step(1);
  view.scrub.oninput = () => { player.playing = false; go(Number(view.scrub.value) * 3 + 2); };
  const resize = new ResizeObserver(() => drawTree(view, data, player, false));
  resize.observe(view.stage);
  player.stop = () => { clearTimeout(player.timer); resize.disconnect(); };
  draw();
  return player;
}

function el(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function build(host, data) {
  host.replaceChildren();
  const bar = el("div", "bar");
  bar.append(el("span", "about", `Recorded: ${data.method}, temperature ${data.temperature}`));
  const back = el("button", "", "◀"), play = el("button", "main"), next = el("button", "", "▶❙");
  back.setAttribute("aria-label", "One moment back");
  next.setAttribute("aria-label", "One moment on");
  const scrub = el("input", "scrub");
  Object.assign(scrub, { type: "range", min: 0, max: data.cycles.length - 1, value: 0 });
  scrub.setAttribute("aria-label", "Cycle");
  const where = el("span", "where");
  bar.append(back, play, next, scrub, where);

  const grid = el("div", "grid"), left = el("div", "left"), right = el("div", "right");
  const text = el("div", "text");
  text.setAttribute("tabindex", "0");
  text.setAttribute("aria-label", "The text so far");
  const race = el("div", "race");
  const lanes = [["speculative", "#0072B2"], ["plain decoding", "#8A929B"]].map(([name, colour]) => {
    const lane = el("div", "lane"), fill = el("div"), count = el("span", "n");
    fill.style.background = colour;
    lane.append(fill);
    race.append(el("span", "", name), lane, count);
    return { fill, count };
  });
  const rate = el("div", "rate");
  left.append(el("h4", "", "The text"), text);

  const steps = el("ol", "steps");
  const items = ["1 draft proposes", "2 target checks", "3 kept or refused"].map((words) => el("li", "", words));
  steps.append(...items);
  const say = el("div", "say"), stage = el("div", "stage");
  right.append(steps, say, stage, el("h4", "", "Passes of the large model for this text"), race, rate);
  grid.append(left, right);
  host.append(bar, grid);
  return { back, play, next, scrub, where, text, lanes, rate, items, say, stage };
}

function render(view, data, player) {
  const cycle = Math.floor(player.at / 3), moment = player.at % 3;
  view.scrub.value = cycle;
  view.where.textContent = `cycle ${cycle} of 0–${data.cycles.length - 1}`;
  view.items.forEach((item, i) => item.classList.toggle("on", i === moment));
  view.say.textContent = sentence(data.cycles[cycle], moment);
  drawText(view, data, cycle, moment);
  drawTree(view, data, player, true);
  drawRace(view, data, cycle, moment);
}

const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

function sentence(cycle, moment) {
  const n = cycle.nodes.length, kept = cycle.nodes.filter((node) => node.state === "accepted").length;
  if (!n) return moment < 2 ? "Nothing is drafted here: the target makes one token." : "1 token from one pass of the target.";
  if (moment === 0) return `The small draft model proposes ${count(n, "token")}. q is how likely it found each.`;
  if (moment === 1) return `One pass of the large target model looks at all ${n + 1} places at once. p is how likely it finds each token.`;
  const gained = cycle.pieces.length;
  const end = cycle.last.kept === false ? "" : cycle.last.state === "bonus" ? " and a bonus from the target" : "; the target puts its own token where one was refused";
  return `${kept} of ${n} kept${end}. ${count(gained, "token")} from one pass.`;
}

function drawText(view, data, cycle, moment) {
  const parts = [el("span", "prompt", data.prompt)];
  const shown = moment === 2 ? cycle + 1 : cycle;
  for (let i = 0; i < shown; i++) {
    for (const piece of data.cycles[i].pieces) parts.push(token(piece, data.looks[piece.state], moment === 2 && i === cycle));
  }
  view.text.replaceChildren(...parts);
  view.text.scrollTop = view.text.scrollHeight;
}

function token(piece, look, isNow) {
  const span = el("span", isNow ? "tok now" : "tok");
  span.style.background = look.tint;
  span.style.borderBottomColor = look.colour;
  span.title = `${look.word}: ${look.meaning}`;
  if (piece.state !== "accepted") span.append(el("span", "g", look.glyph));
  for (const part of piece.text.split(/(\n)/)) {
    if (part === "\n") span.append(el("span", "nl", "⏎"));
    if (part) span.append(document.createTextNode(part));
  }
  return span;
}

function drawRace(view, data, cycle, moment) {
  const done = moment === 2 ? cycle + 1 : cycle;
  const sizes = data.cycles.map((c) => c.pieces.length);
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  const tokens = sum(sizes.slice(0, done)), all = sum(sizes);
  [done, tokens].forEach((n, i) => {
    view.lanes[i].fill.style.width = `${(100 * n) / all}%`;
    view.lanes[i].count.textContent = n;
  });
  view.rate.replaceChildren();
  if (!done) { view.rate.append("Plain decoding needs one pass for every token."); return; }
  view.rate.append(el("b", "", (tokens / done).toFixed(2)), " tokens per pass so far ", el("span", "badge", "measured"), " · plain decoding: ", el("b", "", "1"));
}

const NS = "http://www.w3.org/2000/svg";
function svg(name, attributes, text) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function drawTree(view, data, player, isNew) {
  const cycle = data.cycles[Math.floor(player.at / 3)], moment = player.at % 3;
  const nodes = moment === 2 ? [...cycle.nodes, cycle.last] : cycle.nodes;
  const everything = [...cycle.nodes, cycle.last];
  const depth = Math.max(...data.cycles.map((c) => Math.max(1, ...c.nodes.map((n) => n.x), c.last.x)));
  const rows = Math.min(8, Math.max(...data.cycles.map((c) => 1 + Math.max(...[...c.nodes, c.last].map((n) => n.y)))));
  const width = Math.max(300, view.stage.clientWidth), column = width / (depth + 1), row = 78, height = rows * row + 14;
  const box = Math.min(118, column - 9);
  const x = (depthOf) => depthOf * column + column / 2, y = (rowOf) => 28 + rowOf * row + 16;
  const canvas = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img" });
  canvas.setAttribute("aria-label", `Draft of this cycle: ${cycle.nodes.map((n) => `${n.text} ${data.looks[n.state].word}`).join(", ")}`);

  const at = (id) => (id < 0 ? { x: x(0), y: y(cycle.root.y) } : { x: x(cycle.nodes[id].x), y: y(cycle.nodes[id].y) });
  if (moment === 1 && cycle.nodes.length) {
    const top = Math.min(...everything.map((n) => y(n.y))) - 40, most = Math.max(...cycle.nodes.map((n) => y(n.y))) + 40;
    canvas.append(svg("rect", { x: 3, y: Math.max(1, top), width: width - 6, height: most - Math.max(1, top), rx: 8, fill: "rgba(0,158,115,.09)", stroke: "#009E73", "stroke-width": 2 }));
  }
  for (const node of nodes) {
    const a = at(node.parent), b = { x: x(node.x), y: y(node.y) }, look = data.looks[node.state];
    const plain = moment < 2, middle = (a.x + b.x) / 2;
    canvas.append(svg("path", {
      d: `M ${a.x} ${a.y} C ${middle} ${a.y} ${middle} ${b.y} ${b.x} ${b.y}`, fill: "none", stroke: plain ? "#AEB5BD" : look.colour,
      "stroke-width": plain || node.state === "ignored" || node.state === "rejected" ? 1.6 : 3.5, "stroke-dasharray": plain || look.dash === "solid" ? "" : "5 4",
    }));
  }
  canvas.append(label(cycle.root.text, x(0), y(cycle.root.y), box, { fill: "#F0F2F4", stroke: "#AEB5BD" }, "text", null));
  nodes.forEach((node, i) => {
    const look = data.looks[node.state], isPlain = moment < 2;
    const paint = isPlain ? { fill: "#fff", stroke: "#57606A", "stroke-dasharray": "4 3" } : { fill: "#fff", stroke: look.colour, "stroke-width": 2, tint: look.tint };
    const under = isPlain ? (moment === 0 ? `q ${node.q}` : `p ${node.p}`) : null;
    const group = label(node.text, x(node.x), y(node.y), box, paint, under, isPlain ? null : look);
    if (isNew && (moment === 0 || node === cycle.last)) { group.classList.add("pop"); group.style.animationDelay = `${moment === 0 ? i * 130 : 80}ms`; }
    const open = () => player.ask([Math.floor(player.at / 3), node.id]);
    Object.entries({ class: `${group.getAttribute("class") || ""} node`, tabindex: 0, role: "button", "aria-label": `${node.text}: question this decision` })
      .forEach(([key, value]) => group.setAttribute(key, value));
    group.onclick = open;
    group.onkeydown = (event) => { if (event.key === "Enter") open(); };
    group.append(svg("title", {}, "Question this decision"));
    canvas.append(group);
  });
  view.stage.replaceChildren(canvas);
}

function label(text, x, y, width, paint, under, look) {
  const group = svg("g", {});
  const { tint, ...stroke } = paint;
  group.append(svg("rect", { x: x - width / 2, y: y - 15, width, height: 30, rx: 6, ...stroke }));
  if (tint) group.append(svg("rect", { x: x - width / 2, y: y - 15, width, height: 30, rx: 6, fill: tint }));
  const room = Math.max(2, Math.floor((width - 8) / 7.9));
  const letters = [...text];
  group.append(svg("text", { x, y: y + 4.5, "text-anchor": "middle" }, letters.length > room ? letters.slice(0, room - 1).join("") + "…" : text));
  if (look) {
    const words = svg("text", { x, y: y + 31, "text-anchor": "middle", class: "word" });
    const mark = svg("tspan", { fill: look.colour, stroke: "#1B1F24", "stroke-width": 0.4 }, `${look.glyph} `);
    words.append(mark, svg("tspan", {}, look.word));
    group.append(words);
  } else if (under) group.append(svg("text", { x, y: y + 31, "text-anchor": "middle", class: "small" }, under));
  return group;
}
