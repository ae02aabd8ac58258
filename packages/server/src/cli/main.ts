/** The entry of the command line: finds the command, checks the options, runs it, turns its end into an exit code. */
import { parseArgs } from 'node:util'
import { COMMANDS } from './commands.ts'
import { CommandFailure, UsageError } from './command.ts'
import type { Command, CommandInput, ExitCode, Terminal } from './command.ts'
import { commandHelp, overview } from './help.ts'
import { processTerminal } from './terminal.ts'

/**
 * Runs one command line. Never throws for what a user did: wrong usage is told on standard error, exit code 2.
 * @param args the words after `understudy`
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.out(overview(COMMANDS))
    return name === undefined ? 2 : 0
  }
  if (name === '--version') {
    const { version } = await import('./version.ts')
    terminal.out(version())
    return 0
  }
  try {
    return await runCommand(findCommand(name), rest, terminal)
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`understudy: ${error.message}`)
      return 2
    }
    if (error instanceof CommandFailure) {
      terminal.err(`understudy: ${error.message}`)
      return 1
    }
    throw error
  }
}

function findCommand(name: string): Command {
  const found = COMMANDS.find((command) => command.name === name)
  if (found !== undefined) return found
  throw new UsageError(`there is no command \`${name}\`. \`understudy --help\` lists them.`)
}

async function runCommand(command: Command, args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  if (args.includes('--help') || args.includes('-h')) {
    terminal.out(commandHelp(command))
    return 0
  }
  if (command.load === undefined) {
    terminal.err(`understudy: \`${command.name}\` is not built yet.`)
    return 2
  }
  const input = readInput(command, args)
  const body = await command.load()
  return body(input, terminal)
}

function readInput(command: Command, args: readonly string[]): CommandInput {
  const hint = `\`understudy ${command.name} --help\` shows how it is used.`
  const { values, positionals } = parsed(command, args, hint)
  const [least, greatest] = command.words
  const verb = positionals[0]
  if (command.verbs !== undefined && verb !== undefined && !command.verbs.includes(verb))
    throw new UsageError(`\`${command.name}\` has no \`${verb}\`. ${hint}`)
  if (positionals.length < least) throw new UsageError(`\`${command.name}\` needs more words. ${hint}`)
  if (positionals.length > greatest)
    throw new UsageError(`\`${command.name}\` does not take \`${positionals[greatest] ?? ''}\`. ${hint}`)
  return { values, positionals }
}

function parsed(command: Command, args: readonly string[], hint: string): CommandInput {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, option]) => [
      name,
      {
        type: option.type,
        ...(option.short === undefined ? {} : { short: option.short }),
        ...(option.multiple === undefined ? {} : { multiple: option.multiple }),
      },
    ]),
  )
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    return { values, positionals }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const [first] = error.message.split('. ')
    throw new UsageError(`${first ?? error.message}. ${hint}`)
  }
}

/** Runs the command line of this process and sets its exit code. */
export async function runFromProcess(): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe has gone (`understudy tail | head -1`): there is nobody left to tell anything.
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  process.exitCode = await run(process.argv.slice(2), processTerminal())
}
