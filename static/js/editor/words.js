// What the editor says: names of fields and wires, what a step does in a few words.
import { AWAY, isFixed, keysOf } from "./store.js";

const SAYS = { both: "↔", left_to_right: "→", right_to_left: "←" };

export const createWords = (data) => {
  const labels = new Map();
  for (const side of ["left", "right"]) {
    for (const field of data.sides[side].fields) labels.set(`${side} ${field.key}`, field.label);
  }
  const options = (side, key) =>
    data.sides[side].fields.find((field) => field.key === key)?.options ?? [];
  const label = (side, key) => labels.get(`${side} ${key}`) ?? key;
  const system = (side) => data.sides[side].name;
  const transforms = new Map(data.transforms.map((each) => [each.name, each]));

  const step = (each) => {
    const known = transforms.get(each.name);
    if (!known) return each.name;
    const chosen = known.options
      .map((option) => option.choices.find(([value]) => value === each[option.name])?.[1] ?? each[option.name])
      .filter((said) => said !== undefined && said !== "")
      .map(String);
    // "Phone: international", without the example in brackets
    const brief = chosen.map((words) => words.split(" (")[0]);
    return brief.length ? `${known.short}: ${brief.join(", ")}` : known.short;
  };

  // Steps that both ways have in common are told once.
  const chips = (wire) => {
    const told = [];
    if (isFixed(wire)) told.push(wire.constant ? `Always ${wire.constant}` : "Fixed value");
    if (wire.gather) told.push("template" in wire.gather ? "Text" : wire.gather.by_tag ? "By tag" : "First that is there");
    if (wire.value_map?.length) told.push(`${wire.value_map.length} values matched`);
    const ways = [];
    if (wire.direction !== "right_to_left") ways.push(...(wire.to_right ?? []));
    if (wire.direction !== "left_to_right") ways.push(...(wire.to_left ?? []));
    const all = [...new Set([...told, ...ways.map(step)])];
    return all.length > 2 ? [all[0], `${all.length - 1} more`] : all;
  };

  // What stands at one end of a wire: a field, several, or a fixed value.
  const end = (side, wire) => {
    const keys = keysOf(wire, side);
    const between = wire.gather?.first_of ? " or " : " + ";
    return keys.length ? keys.map((key) => label(side, key)).join(between) : "a fixed value";
  };
  const name = (wire) => `${end("left", wire)} ${SAYS[wire.direction]} ${end("right", wire)}`;

  return {
    label,
    end,
    options,
    system,
    step,
    chips,
    name,
    transforms,
    toward: (side) => `To ${system(side)}`,
    direction: (value) =>
      ({
        both: "both ways",
        left_to_right: `to ${system("right")}`,
        right_to_left: `to ${system("left")}`,
      })[value],
    wire: (wire, level) => {
      const trouble = { error: "Error. ", warning: "Warning. " }[level] ?? "";
      const steps = chips(wire).join(", ");
      return `${trouble}Wire ${name(wire)}${steps ? `, ${steps}` : ""}`;
    },
    field: (row, lines) => {
      const { side, label: own, type, notes } = row.dataset;
      const there = lines.map((line) => end(AWAY[side], line));
      const mapped = there.length ? `connected with ${there.join(" and ")}` : "not connected";
      return [own, type, notes, mapped].filter(Boolean).join(", ");
    },
  };
};
