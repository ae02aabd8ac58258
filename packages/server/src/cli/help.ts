/** Help texts, made from the table of commands. */
import type { Command, CommandOption } from './command.ts'
import { columns } from './table.ts'

/** `understudy --help`. */
export function overview(commands: readonly Command[]): string {
  const built = commands.filter((command) => command.load !== undefined)
  const missing = commands.filter((command) => command.load === undefined)
  return [
    'Understudy: the AWS assume-role machinery on your machine.',
    '',
    'Usage: understudy COMMAND [options]    (understudy COMMAND --help tells more)',
    '',
    columns(built.map((command) => [`  ${command.name}`, command.summary])),
    '',
    `Not built yet: ${missing.map((command) => command.name).join(' ')}`,
    '',
    'Exit codes: 0 ok; 1 denied, not found or failed; 2 wrong usage.',
  ].join('\n')
}

/** `understudy COMMAND --help`. */
export function commandHelp(command: Command): string {
  const usage = command.usage.map((line) => `  understudy ${command.name} ${line}`.trimEnd())
  const options = Object.entries(command.options).map(([name, option]) => [
    `  ${optionName(name, option)}`,
    option.help,
  ])
  return [
    `understudy ${command.name}: ${command.summary}`,
    ...(command.load === undefined ? ['(not built yet)'] : []),
    '',
    'Usage:',
    ...usage,
    ...(options.length === 0 ? [] : ['', 'Options:', columns(options)]),
    '',
    'Example:',
    `  ${command.example}`,
  ].join('\n')
}

function optionName(name: string, option: CommandOption): string {
  const short = option.short === undefined ? '' : `-${option.short}, `
  return `${short}--${name}${option.type === 'string' ? ` ${option.value ?? 'VALUE'}` : ''}`
}
