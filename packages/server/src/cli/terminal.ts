/** The real terminal: streams and environment of this process. The only file of the command line that reads the environment. */
import { text } from 'node:stream/consumers'
import { styleText } from 'node:util'
import type { Environment, Terminal } from './command.ts'

/** The process's own streams. Colours only on a terminal, and never with `NO_COLOR` (no-color.org). */
export function processTerminal(): Terminal {
  const environment: Environment = process.env
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    readInput: () => text(process.stdin),
    environment,
    colour: process.stdout.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb',
  }
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** The text in a style, where the terminal takes colours. */
export function styled(terminal: Pick<Terminal, 'colour'>, style: Style, value: string): string {
  return terminal.colour ? styleText(style, value, { validateStream: false }) : value
}
