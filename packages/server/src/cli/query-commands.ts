/** Rows of the commands that ask about policies: `lint`, `can`, `who-can`, `simulate`. */
import type { Command, CommandOption } from './command.ts'

const context: CommandOption = {
  type: 'string',
  multiple: true,
  value: 'KEY=VALUE',
  help: 'a condition key of the request; without it the answer tells what depends on it',
}

/** @param server @param json the options that many commands share */
export const queryCommands = (server: CommandOption, json: CommandOption): readonly Command[] => [
  {
    name: 'can',
    summary: 'say whether a principal may do an action on a resource, and what that depends on',
    usage: ['PRINCIPAL-ARN ACTION RESOURCE [--context KEY=VALUE …] [--json]'],
    options: { context, json, server },
    words: [3, 3],
    example: 'understudy can arn:aws:iam::111122223333:user/alice s3:GetObject arn:aws:s3:::reports/q1.csv',
    load: () => import('./queries.ts').then((module) => module.can),
  },
  {
    name: 'who-can',
    summary: 'list every principal that may do an action on a resource, also through roles that it can assume',
    usage: ['ACTION RESOURCE [--context KEY=VALUE …] [--json]'],
    options: { context, json, server },
    words: [2, 2],
    example: 'understudy who-can sts:AssumeRole arn:aws:iam::111122223333:role/Admin',
    load: () => import('./queries.ts').then((module) => module.whoCan),
  },
  {
    name: 'simulate',
    summary: 'say what a call would be answered, with policies changed or added as you like (docs/simulate.md)',
    usage: ['[FILE | -] [--json]'],
    options: { json, server },
    words: [0, 1],
    example: 'understudy simulate call.json',
    load: () => import('./simulate.ts').then((module) => module.simulate),
  },
]

/** @param json the option that many commands share */
export const lintCommand = (json: CommandOption): Command => ({
  name: 'lint',
  summary: 'check policies: what AWS would refuse, what never does what it says, what opens too much',
  usage: ['(FILE … | -) [--type TYPE] [--account ID] [--json | --sarif]'],
  options: {
    type: {
      type: 'string',
      value: 'TYPE',
      help: 'managed, inline, boundary, trust, session, scp, rcp, s3-bucket, kms-key, vpce, resource; guessed when absent',
    },
    account: { type: 'string', value: 'ID', help: 'account that the policies are for: tells foreign accounts from it' },
    sarif: { type: 'boolean', help: 'print SARIF 2.1.0, for code scanning' },
    json,
  },
  words: [1, Infinity],
  example: 'understudy lint policies/*.json --sarif > lint.sarif',
  load: () => import('./lint.ts').then((module) => module.lint),
})
