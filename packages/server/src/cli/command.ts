/** What a command of the command line is: a row of a table, and a body that is loaded when it is called. */

/** 0 ok; 1 denied, not found, or failed; 2 wrong usage or not built yet. */
export type ExitCode = 0 | 1 | 2

/** The outside of the process, as commands see it. */
export interface Terminal {
  /** Writes a line to standard output. */
  readonly out: (line: string) => void
  /** Writes a line to standard error. */
  readonly err: (line: string) => void
  /** Reads standard input to its end. */
  readonly readInput: () => Promise<string>
  readonly environment: Environment
  /** Standard output is a terminal that takes colours. */
  readonly colour: boolean
}

export type Environment = Readonly<Record<string, string | undefined>>

export interface CommandOption {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** May be given more than once. */
  readonly multiple?: boolean
  /** What stands for the value in help: `URL`. */
  readonly value?: string
  readonly help: string
}

/** What the user wrote, after the options were checked against the table. */
export interface CommandInput {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
  readonly positionals: readonly string[]
}

export type CommandBody = (input: CommandInput, terminal: Terminal) => Promise<ExitCode>

export interface Command {
  readonly name: string
  readonly summary: string
  /** Lines after the command's name: `(last | ID | -) [--json]`. */
  readonly usage: readonly string[]
  readonly options: Readonly<Record<string, CommandOption>>
  /** Least and greatest number of words after the options. */
  readonly words: readonly [least: number, greatest: number]
  /** Words that the first position takes, for completion and for refusals. */
  readonly verbs?: readonly string[]
  readonly example: string
  /** Loads the body; absent for what is not built yet. */
  readonly load?: () => Promise<CommandBody>
}

/** Wrong usage: told to the user in one line, exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** The command was right and could not be done: told to the user in one line, exit code 1. */
export class CommandFailure extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CommandFailure'
  }
}

/** An option that takes a text. */
export function textOption(input: CommandInput, name: string): string | undefined {
  const value = input.values[name]
  return typeof value === 'string' ? value : undefined
}

/** Whether a flag was given. */
export const flag = (input: CommandInput, name: string): boolean => input.values[name] === true
