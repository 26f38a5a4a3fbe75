/**
 * What drawings have in common: they work on light and dark pages.
 */

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; }
  .axis { stroke: #8b949e; stroke-width: 1; }
  .grid { stroke: #8b949e; stroke-width: 1; stroke-opacity: 0.3; }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } }
`;

/**
 * @param {string} text
 * @return {string} The text as it may stand in XML
 */
export function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/**
 * @param {number} width
 * @param {number} height
 * @param {string} label What it shows, for those who cannot see it
 * @param {string[]} parts The elements
 * @return {string} The file
 */
export function drawing(width, height, label, parts) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(label)}">`,
    `<style>${STYLE}</style>`,
    ...parts,
    '</svg>',
    ''
  ].join('\n');
}
