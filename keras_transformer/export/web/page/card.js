// Shows the model card, Markdown with headings, tables, paragraphs and code in backquotes.

export function showCard(text, place) {
  place.replaceChildren();
  for (const block of text.split(/\n{2,}/)) {
    const lines = block.trim().split("\n");
    if (lines[0].startsWith("#")) addText("h3", lines[0].replace(/^#+\s*/, ""), place);
    else if (lines[0].startsWith("|")) addTable(lines, place);
    else if (block.trim()) addText("p", lines.join(" "), place);
  }
}

function add(name, place) {
  const element = document.createElement(name);
  place.append(element);
  return element;
}

function addText(name, text, place) {
  const element = add(name, place);
  text.split("`").forEach((part, i) => {
    if (i % 2) add("code", element).textContent = part;
    else element.append(part);
  });
}

function addTable(lines, place) {
  const table = add("table", place);
  for (const [i, line] of lines.entries()) {
    if (i === 1) continue; // The line below the head.
    const row = add("tr", table);
    const cells = line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/);
    cells.forEach((cell) => addText(i ? "td" : "th", cell.trim(), row));
    if (!row.textContent) row.remove();
  }
}
