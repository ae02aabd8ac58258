/** Tables for people: columns as wide as their widest cell. */

/** Rows as lines; every column but the last is padded. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows)
    row.slice(0, -1).forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length)
    })
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** A table with a heading. */
export const table = (heading: readonly string[], rows: readonly (readonly string[])[]): string =>
  columns([heading.map((cell) => cell.toUpperCase()), ...rows])
