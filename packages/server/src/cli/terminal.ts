/** The real terminal: streams and environment of this process. The only file of the command line that reads the environment. */
import { text } from 'node:stream/consumers'
import { styleText } from 'node:util'
import type { Environment, Terminal } from './command.ts'

/** The process's own streams. Colours only on a terminal, and never with `NO_COLOR` (no-color.org). */
export function processTerminal(): Terminal {
  const environment: Environment = process.env
  return {
    out: (line) => void process.stdout.write(`${legible(line)}\n`),
    err: (line) => void process.stderr.write(`${legible(line)}\n`),
    readInput: () => text(process.stdin),
    environment,
    colour: process.stdout.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb',
  }
}

const ESCAPE = String.fromCharCode(0x1b)
/** Our own styles, and what is none of a text: a key or a user agent of anybody must not steer the operator's terminal. */
const CONTROL = new RegExp(`(${ESCAPE}\\[(?:1|2|22|31|32|33|36|39)m)|[^\\P{Cc}\\n\\t]`, 'gu')

/** The text with its control characters written out as JSON does, which leaves JSON what it says. */
export const legible = (text: string): string =>
  text.replace(CONTROL, (letter, style) => style ?? escapedLetter(letter))

/** The text in one line, for values that others choose: none of them may look like a line of its own. */
export const oneLine = (text: string): string => text.replaceAll(/\p{Cc}/gu, escapedLetter)

const escapedLetter = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** The text in a style, where the terminal takes colours. */
export function styled(terminal: Pick<Terminal, 'colour'>, style: Style, value: string): string {
  return terminal.colour ? styleText(style, value, { validateStream: false }) : value
}
