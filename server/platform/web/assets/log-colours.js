// Colours that a program chose for its own dark or light terminal, made readable on ours: at least 4.5 to 1 in both themes.

const grounds = { light: [241, 243, 245], dark: [18, 21, 26] };
const inks = { light: [29, 35, 43], dark: [228, 231, 235] };
const wanted = 4.6;
const known = new Map();
const knownAtMost = 2000;

/** @returns {{ color: string, background: string }} values of CSS; '' is none */
export function readableColours(fg, bg, isInverse) {
  const key = `${fg}/${bg}/${isInverse}`;
  let colours = known.get(key);
  if (colours === undefined) {
    colours = chosen(fg, bg, isInverse);
    if (known.size >= knownAtMost) known.clear();
    known.set(key, colours);
  }
  return colours;
}

function chosen(fg, bg, isInverse) {
  const pair = (theme) => {
    const ground = bg ?? (isInverse ? inks[theme] : grounds[theme]);
    const ink = fg ?? (isInverse ? grounds[theme] : inks[theme]);
    return { ground, ink: readable(ink, ground) };
  };
  const [light, dark] = [pair('light'), pair('dark')];
  return {
    color: `light-dark(${css(light.ink)}, ${css(dark.ink)})`,
    background: bg === null && !isInverse ? '' : `light-dark(${css(light.ground)}, ${css(dark.ground)})`,
  };
}

/** The same hue, moved towards black or white until it can be read on the ground. */
function readable(ink, ground) {
  const end = luminance(ground) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  for (let share = 0; share < 1; share += 0.1) {
    const mixed = ink.map((value, index) => Math.round(value + (end[index] - value) * share));
    if (contrast(mixed, ground) >= wanted) return mixed;
  }
  return end;
}

export function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

function luminance(rgb) {
  const [red, green, blue] = rgb.map((value) =>
    value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const css = (rgb) => `rgb(${rgb.join(' ')})`;
