/** The commands, one row each: help, completion and the check of options are made from this table. */
import type { Command, CommandOption } from './command.ts'
import { samlCommand } from './saml-options.ts'
import { lintCommand, queryCommands } from './query-commands.ts'
import { tokenCommand } from './token-options.ts'

const server: CommandOption = {
  type: 'string',
  value: 'CONSOLE-URL',
  help: 'server to talk to (or UNDERSTUDY_SERVER; default http://127.0.0.1:4567)',
}
const json: CommandOption = { type: 'boolean', help: 'print JSON for tools' }
const account: CommandOption = { type: 'string', value: 'ID', help: 'account, by id or name' }

/** What belongs to a later part of the product: known by name, answered with `not built yet`. */
const later = (name: string, summary: string): Command => ({
  name,
  summary,
  usage: ['…'],
  options: {},
  words: [0, Infinity],
  example: `understudy ${name} --help`,
})

const talking: readonly Command[] = [
  {
    name: 'env',
    summary: 'print the variables that make AWS clients of this shell use the server',
    usage: ['[--account ID] [--json]'],
    options: { account, json, server },
    words: [0, 0],
    example: 'eval "$(understudy env)"',
    load: () => import('./env.ts').then((module) => module.env),
  },
  {
    name: 'apply',
    summary: 'bring a running server to what a seed file says; deletes nothing',
    usage: ['FILE [--plan] [--json]'],
    options: { plan: { type: 'boolean', help: 'say what would change, change nothing' }, json, server },
    words: [1, 1],
    example: 'understudy apply understudy.yaml --plan',
    load: () => import('./apply.ts').then((module) => module.apply),
  },
  {
    name: 'export',
    summary: 'print a seed file that makes the same accounts again (without secret keys)',
    usage: ['[--account ID] [--json]'],
    options: { account, json, server },
    words: [0, 0],
    example: 'understudy export > understudy.yaml',
    load: () => import('./export.ts').then((module) => module.exportCommand),
  },
  {
    name: 'why',
    summary: 'explain a decision: what stood in the way and the smallest fix',
    usage: ['(last | refusal | REQUEST-ID | DECISION-ID | -) [--json] [--encoded]'],
    options: {
      json,
      encoded: { type: 'boolean', help: 'print the encoded authorization message of the refusal' },
      server,
    },
    words: [1, 1],
    example: 'understudy why last',
    load: () => import('./why.ts').then((module) => module.why),
  },
  {
    name: 'tail',
    summary: 'print each decision as it is made',
    usage: ['[--denied] [--json]'],
    options: { denied: { type: 'boolean', help: 'only refusals' }, json, server },
    words: [0, 0],
    example: 'understudy tail --denied',
    load: () => import('./tail.ts').then((module) => module.tail),
  },
  {
    name: 'whoami',
    summary: 'say who the credentials of this shell are on the server',
    usage: ['[--json]'],
    options: { json, server },
    words: [0, 0],
    example: 'understudy whoami',
    load: () => import('./whoami.ts').then((module) => module.whoami),
  },
  {
    name: 'clock',
    summary: "show session time, or move it forward (needs a server with '--clock movable')",
    usage: ['[--json]', 'advance DURATION'],
    options: { json, server },
    words: [0, 2],
    verbs: ['advance'],
    example: 'understudy clock advance 55m',
    load: () => import('./clock.ts').then((module) => module.clock),
  },
  {
    name: 'account',
    summary: 'create an account with its administrator',
    usage: ['create [--id ID] [--name NAME] [--json]'],
    options: {
      id: { type: 'string', value: 'ID', help: 'twelve digits; random when absent' },
      name: { type: 'string', value: 'NAME', help: 'name of the account; its id when absent' },
      json,
      server,
    },
    words: [1, 1],
    verbs: ['create'],
    example: 'understudy account create --name partner --json',
    load: () => import('./account.ts').then((module) => module.account),
  },
  {
    name: 'imds',
    summary: 'list instances with their metadata addresses, or rotate their credentials now',
    usage: ['list [--json]', 'rotate [INSTANCE-ID]'],
    options: { json, server },
    words: [1, 2],
    verbs: ['list', 'rotate'],
    example: 'understudy imds list --json',
    load: () => import('./imds.ts').then((module) => module.imds),
  },
  tokenCommand(server, json),
  ...queryCommands(server, json),
  samlCommand(server, json),
  {
    name: 'mfa',
    summary: "print the code that a user's virtual MFA device shows now",
    usage: ['code (USER | DEVICE-ARN) [--account ID] [--pair] [--json]'],
    options: {
      account: { type: 'string', value: 'ID', help: 'account of the user, by id or name, where several have one' },
      pair: { type: 'boolean', help: 'two codes in a row, as EnableMFADevice takes them' },
      json,
      server,
    },
    words: [2, 2],
    verbs: ['code'],
    example: 'understudy mfa code alice',
    load: () => import('./mfa.ts').then((module) => module.mfa),
  },
  {
    name: 'session',
    summary: 'end a session before its time, or all sessions of an account',
    usage: ['end ACCESS-KEY-ID [--json]', 'end --account ID [--json]'],
    options: {
      account: { type: 'string', value: 'ID', help: 'all sessions of this account' },
      json,
      server,
    },
    words: [1, 2],
    verbs: ['end'],
    example: 'understudy session end ASIARTX3GSDSVZKMX42O',
    load: () => import('./session.ts').then((module) => module.session),
  },
  {
    name: 'delegation',
    summary: 'IAM temporary delegation: the messages of a partner, all requests, the end of an access',
    usage: ['notifications [--channel ARN] [--json]', 'list [--json]', 'revoke REQUEST-ID [--json]'],
    options: {
      channel: { type: 'string', value: 'ARN', help: 'notifications: of this SNS topic only' },
      json,
      server,
    },
    words: [1, 2],
    verbs: ['notifications', 'list', 'revoke'],
    example: 'understudy delegation notifications --channel arn:aws:sns:us-east-1:444455556666:delegations --json',
    load: () => import('./delegation.ts').then((module) => module.delegation),
  },
  {
    name: 'oidc',
    summary: "give an identity provider's keys instead of having them fetched",
    usage: ['keys PROVIDER-ARN FILE [--json]', 'keys PROVIDER-ARN --fetch [--json]'],
    options: {
      fetch: { type: 'boolean', help: 'forget given keys: fetch them from the issuer again' },
      json,
      server,
    },
    words: [2, 3],
    verbs: ['keys'],
    example: 'understudy oidc keys arn:aws:iam::111122223333:oidc-provider/issuer.example jwks.json',
    load: () => import('./oidc.ts').then((module) => module.oidc),
  },
  {
    name: 'reset',
    summary: 'bring an ephemeral server back to its state after start',
    usage: [''],
    options: { json, server },
    words: [0, 0],
    example: 'understudy reset',
    load: () => import('./reset.ts').then((module) => module.reset),
  },
]

const alone: readonly Command[] = [
  lintCommand(json),
  {
    name: 'doctor',
    summary: 'say whether AWS clients of this shell reach the server or the real AWS, and as whom',
    usage: ['[--json]'],
    options: { json, server },
    words: [0, 0],
    example: 'understudy doctor',
    load: () => import('./doctor.ts').then((module) => module.doctor),
  },
  {
    name: 'completion',
    summary: 'print a completion script',
    usage: ['(bash | zsh | fish)'],
    options: {},
    words: [1, 1],
    verbs: ['bash', 'zsh', 'fish'],
    example: 'source <(understudy completion bash)',
    load: () => import('./completion.ts').then((module) => module.completion),
  },
]

/** Commands of later parts of the product, with exit code 2 until they are there. */
const sessions: readonly Command[] = [
  {
    name: 'assume',
    summary: 'assume a role as an AWS service would, to test its trust policy',
    usage: [
      '--as-service NAME --role-arn ARN [--source-arn ARN] [--source-account ID] [--session-name NAME] [--duration 1h] [--json]',
    ],
    options: {
      'as-service': { type: 'string', value: 'NAME', help: 'service principal, such as lambda.amazonaws.com' },
      'role-arn': { type: 'string', value: 'ARN', help: 'the role' },
      'source-arn': { type: 'string', value: 'ARN', help: 'aws:SourceArn of the call' },
      'source-account': {
        type: 'string',
        value: 'ID',
        help: 'aws:SourceAccount (default: the account of --source-arn)',
      },
      'session-name': { type: 'string', value: 'NAME', help: 'default: the first part of the service name' },
      duration: { type: 'string', value: 'DURATION', help: '15m to 12h (default 1h)' },
      json,
      server,
    },
    words: [0, 0],
    example: 'understudy assume --as-service lambda.amazonaws.com --role-arn arn:aws:iam::111122223333:role/Worker',
    load: () => import('./assume.ts').then((module) => module.assume),
  },
  {
    name: 'lineage',
    summary: 'show how a session came to be: who assumed what, hop by hop',
    usage: ['ACCESS-KEY-ID [--json]'],
    options: { json, server },
    words: [1, 1],
    example: 'understudy lineage ASIAQEXAMPLEKEYID234',
    load: () => import('./lineage.ts').then((module) => module.lineage),
  },
]

const notBuilt: readonly Command[] = [
  later('import', 'import a real account'),
  later('test', 'run a file of expectations'),
  later('exec', 'run a program with credentials'),
  later('snapshot', 'save the state of a server'),
  later('restore', 'bring a saved state back'),
  later('gateway', 'work with the S3 gateway'),
  later('lab', 'exercises for learners'),
]

const start: Command = {
  name: 'start',
  summary: 'start a server',
  usage: [
    '[--ephemeral | --data DIR] [--store sqlite | postgres://…]',
    '[--listen 127.0.0.1:4566] [--console 127.0.0.1:4567] [--seed FILE] [--clock movable]',
  ],
  options: {
    ephemeral: { type: 'boolean', help: 'keep nothing: all is forgotten when the server stops' },
    data: { type: 'string', value: 'DIR', help: 'data folder (default .understudy)' },
    store: { type: 'string', value: 'STORE', help: 'sqlite (default), or postgres://… for many nodes' },
    listen: { type: 'string', value: 'HOST:PORT', help: 'AWS endpoint (default 127.0.0.1:4566; port 0: a free one)' },
    console: { type: 'string', value: 'HOST:PORT', help: 'admin API (default 127.0.0.1:4567)' },
    seed: { type: 'string', value: 'FILE', help: 'accounts, users, roles, buckets … to be there (docs/seed.md)' },
    clock: { type: 'string', value: 'movable', help: 'session time may be moved by `understudy clock advance`' },
    'key-file': {
      type: 'string',
      value: 'FILE',
      help: 'key that seals secrets, 32 bytes in base64 (or UNDERSTUDY_KEY_FILE)',
    },
    'audit-file': {
      type: 'string',
      value: 'FILE',
      help: 'decisions as JSON lines (default audit.jsonl in the data folder)',
    },
    'audit-required': { type: 'boolean', help: 'answer 503 when the audit file cannot be written' },
    'private-issuers': {
      type: 'boolean',
      help: 'leniency: keys of web identity issuers are fetched from private addresses too',
    },
    saml: { type: 'string', value: 'strict', help: 'refuse in SAML assertions what AWS lets pass' },
    'shared-issuers-unchecked': {
      type: 'boolean',
      help: 'leniency: trust policies for GitHub, GitLab … need not test whose token it is',
    },
    'imds-immediate': { type: 'boolean', help: 'leniency: metadata shows changes at once' },
    'imds-lifetime': { type: 'string', value: 'SECONDS', help: 'life of instance credentials (default 21600)' },
    'imds-period': { type: 'string', value: 'SECONDS', help: 'new instance credentials this often (default 3600)' },
  },
  words: [0, 0],
  example: 'understudy start --ephemeral --seed understudy.yaml',
  load: () => import('./start.ts').then((module) => module.start),
}
const demo: Command = {
  name: 'demo',
  summary: 'play the story of roles against a throw-away server, each step with its reason',
  usage: ['[--json]'],
  options: { json },
  words: [0, 0],
  example: 'understudy demo',
  load: () => import('./demo.ts').then((module) => module.demo),
}

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [start, demo, ...talking, ...sessions, ...alone, ...notBuilt]
