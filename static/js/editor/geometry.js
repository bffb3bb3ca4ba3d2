// The shape of wires. Numbers in, numbers and path texts out; no DOM.
const HANDLE = 0.46; // of the gap: wires leave level and arrive level
const LEAST = 48;
const STOPS = [0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78];
const CLEAR_X = 6;
const CLEAR_Y = 28;

export const curve = (a, b) => {
  const reach = Math.max(LEAST, (b.x - a.x) * HANDLE);
  return [a, { x: a.x + reach, y: a.y }, { x: b.x - reach, y: b.y }, b];
};

export const path = ([a, b, c, d]) =>
  `M${a.x} ${a.y}C${b.x} ${b.y} ${c.x} ${c.y} ${d.x} ${d.y}`;

export const pointAt = ([a, b, c, d], t) => {
  const u = 1 - t;
  const along = (k) =>
    u ** 3 * a[k] + 3 * u * u * t * b[k] + 3 * u * t * t * c[k] + t ** 3 * d[k];
  return { x: along("x"), y: along("y") };
};

// An arrow head at a point; `way` 1 points right, -1 left.
export const head = ({ x, y }, way) =>
  `M${x - 6 * way} ${y - 4.5}L${x + way} ${y}L${x - 6 * way} ${y + 4.5}`;

// Where knots sit: each slides along its wire to the first place that covers no other.
// Knots are told apart by row bands, so that 300 of them are as cheap as 30.
export const createPlacer = () => {
  const bands = new Map();
  const band = (y) => Math.floor(y / CLEAR_Y);
  const near = (y) => [-1, 0, 1].flatMap((step) => bands.get(band(y) + step) ?? []);
  const isFree = (point, width) =>
    near(point.y).every(
      (other) =>
        Math.abs(other.y - point.y) >= CLEAR_Y ||
        Math.abs(other.x - point.x) > (other.width + width) / 2 + CLEAR_X,
    );
  return (shape, width) => {
    const places = STOPS.map((stop) => pointAt(shape, stop));
    const place = places.find((point) => isFree(point, width)) ?? places[0];
    const row = band(place.y);
    bands.set(row, [...(bands.get(row) ?? []), { ...place, width }]);
    return place;
  };
};
