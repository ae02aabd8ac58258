/** `understudy completion`: completion scripts, made from the table of commands. */
import type { Command, CommandBody } from './command.ts'
import { COMMANDS } from './commands.ts'

export const completion: CommandBody = async (input, terminal) => {
  const [shell] = input.positionals
  const built = COMMANDS.filter((command) => command.load !== undefined)
  terminal.out(
    shell === 'fish'
      ? fish(built)
      : `${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}${bash(built)}`,
  )
  return 0
}

const wordsOf = (command: Command): string =>
  [...(command.verbs ?? []), ...Object.keys(command.options).map((name) => `--${name}`), '--help'].join(' ')

/** Also for zsh, through its bashcompinit. */
function bash(commands: readonly Command[]): string {
  return [
    '_understudy() {',
    '  local word="${COMP_WORDS[COMP_CWORD]}"',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W "${commands.map((command) => command.name).join(' ')}" -- "$word"))`,
    '    return',
    '  fi',
    '  case "${COMP_WORDS[1]}" in',
    ...commands.map(
      (command) => `    ${command.name}) COMPREPLY=($(compgen -f -W "${wordsOf(command)}" -- "$word")) ;;`,
    ),
    '  esac',
    '}',
    'complete -F _understudy understudy',
  ].join('\n')
}

const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

function fish(commands: readonly Command[]): string {
  return commands
    .flatMap((command) => [
      `complete -c understudy -n __fish_use_subcommand -a ${command.name} -d ${fishQuoted(command.summary)}`,
      ...(command.verbs ?? []).map(
        (verb) => `complete -c understudy -n '__fish_seen_subcommand_from ${command.name}' -a ${verb}`,
      ),
      ...Object.entries(command.options).map(
        ([name, option]) =>
          `complete -c understudy -n '__fish_seen_subcommand_from ${command.name}' -l ${name} -d ${fishQuoted(option.help)}`,
      ),
    ])
    .join('\n')
}
