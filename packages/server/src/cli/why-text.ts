/** An explanation for people: verdict, what stood in the way, each condition as received and wanted, the smallest fix. */
import type {
  Explanation,
  ShownCondition,
  ShownLayer,
  ShownQuestion,
  ShownStatement,
  ShownSuggestion,
} from '../services/admin/explanation.ts'
import { refusalLines } from './why-refusal.ts'
import type { Terminal } from './command.ts'
import { oneLine, styled } from './terminal.ts'

const LAYER_WORDS: Readonly<Record<ShownLayer['layer'], string>> = {
  scp: 'service control policies',
  rcp: 'resource control policies',
  vpce: 'VPC endpoint policy',
  resource: "resource's policy",
  trust: 'trust policy',
  identity: 'identity policies',
  boundary: 'permissions boundary',
  session: 'session policies',
}

/** The lines of `understudy why`. */
export function explanationLines(explained: Explanation, terminal: Terminal): readonly string[] {
  const question =
    explained.questions.find((candidate) => candidate.verdict === 'Deny') ?? explained.questions.find(() => true)
  return [
    ...headLines(explained, terminal),
    ...(question === undefined ? [] : questionLines(question, terminal)),
    ...(question === undefined && explained.noQuestion !== undefined
      ? [`No permission is needed: ${explained.noQuestion}`]
      : []),
    ...otherQuestionLines(explained, question, terminal),
    ...(explained.refusal === undefined ? [] : refusalLines(explained.refusal, question?.verdict === 'Deny', terminal)),
  ]
}

function headLines(explained: Explanation, terminal: Terminal): readonly string[] {
  const isDenied = explained.verdict === 'Deny'
  // What policies did not decide was refused, not denied.
  const word = isDenied ? (explained.kind === undefined ? 'REFUSED' : 'DENIED') : 'ALLOWED'
  const verdict = styled(terminal, isDenied ? 'red' : 'green', word)
  const kind =
    explained.kind === undefined ? '' : explained.kind === 'explicit' ? ' (explicit deny)' : ' (nothing allows it)'
  const code = explained.code === undefined ? '' : `  ${styled(terminal, 'yellow', explained.code)}`
  return [
    `${styled(terminal, 'bold', verdict)}${kind}${code}`,
    `  who       ${explained.principal}${explained.accessKeyId === undefined ? '' : ` (key ${explained.accessKeyId})`}`,
    `  action    ${explained.action}`,
    `  resource  ${oneLine(explained.resource)}`,
    `  when      ${explained.at} (session time) from ${[explained.clientIp, shortened(explained.userAgent)].filter(Boolean).join(', ')}`,
    `  decision  ${explained.decisionId}, request ${explained.requestId}`,
  ]
}

/** User agents of SDKs list all that they were built with; the first words say who it is. */
const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text)

function questionLines(question: ShownQuestion, terminal: Terminal): readonly string[] {
  const [first, ...others] = question.blocking
  const blocking = question.layers.filter((layer) => layer.layer === first)
  return [
    ...(question.note === undefined ? [] : ['', ...question.note.split('\n')]),
    ...factLines(question.details ?? {}),
    ...bothSides(question, terminal),
    ...layerTable(question, terminal),
    ...(question.verdict === 'Allow' ? ['', ...allowLines(question, terminal)] : []),
    ...(first === undefined ? [] : ['', `Stands in the way first: ${layerWord(first)}`]),
    ...(first !== undefined && blocking.length === 0 ? ['  there is none'] : []),
    ...blocking.flatMap((layer) => layerLines(layer, terminal)),
    ...(others.length === 0 ? [] : [`Would be next: ${others.map(layerWord).join(', ')}`]),
    ...nearestMissLines(question, terminal),
    ...suggestionLines(question.suggestions, terminal),
  ]
}

const layerWord = (layer: string): string => LAYER_WORDS[layer as ShownLayer['layer']] ?? layer

/** Facts beside the note, each with its members on lines of their own: decoded claims. */
function factLines(details: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(details).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? [`  ${name}:`, ...Object.entries(value).map(([member, text]) => `    ${member}: ${shownValue(text)}`)]
      : [`  ${name}: ${shownValue(value)}`],
  )
}

const shownValue = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** AssumeRole needs two sides: each on a line of its own, with the account that can change it. */
function bothSides(question: ShownQuestion, terminal: Terminal): readonly string[] {
  if (!/^sts:(AssumeRole|TagSession|SetSourceIdentity)/.test(question.action)) return []
  const side = (layer: ShownLayer['layer']) => question.layers.find((candidate) => candidate.layer === layer)
  const trust = side('trust')
  const identity = side('identity')
  const line = (layer: ShownLayer | undefined, text: string, owner: string | undefined, needed: boolean) => {
    const isThere = layer?.verdict === 'allowed'
    const mark = isThere ? styled(terminal, 'green', '✔') : needed ? styled(terminal, 'red', '✘') : '–'
    const who = owner === undefined ? '' : `  (account ${owner} can change it)`
    return `  ${mark} ${text}: ${layer === undefined ? 'not asked' : VERDICT_WORDS[layer.verdict]}${who}`
  }
  const isSameAccount = question.principalAccount === question.resourceAccount
  if (question.principalAccount === undefined)
    return [
      '',
      line(trust, 'the trust policy of the role admits the caller', question.resourceAccount, true),
      '  The caller belongs to no account: the trust policy alone decides.',
    ]
  return [
    '',
    line(trust, 'the trust policy of the role admits the caller', question.resourceAccount, true),
    line(
      identity,
      `the caller's own policies allow ${question.action}`,
      question.principalAccount,
      !isSameAccount || question.blocking.includes('identity'),
    ),
    `  ${ruleOf(question, isSameAccount)}`,
  ]
}

/** Which of the three rules of AssumeRole applies. STS API Reference, AssumeRole. */
function ruleOf(question: ShownQuestion, isSameAccount: boolean): string {
  if (!isSameAccount) return 'Two accounts: both sides must say yes.'
  if (question.reason === 'trust') return 'One account, and the trust policy names the caller itself: that is enough.'
  return (
    'One account: when the trust policy names the account, the caller needs a policy of his own; ' +
    'when it names the caller himself, he needs none.'
  )
}

const VERDICT_WORDS: Readonly<Record<ShownLayer['verdict'], string>> = {
  allowed: 'yes',
  denied: 'no, it denies',
  silent: 'no, nothing in it allows this',
}

function layerTable(question: ShownQuestion, terminal: Terminal): readonly string[] {
  if (question.layers.length === 0) return []
  const cells = question.layers.map((layer) => {
    const name = layer.level === undefined ? layer.layer : `${layer.layer} level ${layer.level}`
    const style = layer.verdict === 'allowed' ? 'green' : layer.verdict === 'denied' ? 'red' : 'yellow'
    return `${name} ${styled(terminal, style, layer.verdict)}`
  })
  return ['', `Layers, in AWS order: ${cells.join(' → ')}`]
}

function allowLines(question: ShownQuestion, terminal: Terminal): readonly string[] {
  const granting = question.layers.flatMap((layer) =>
    layer.statements.filter((statement) => statement.matched && statement.effect === 'Allow'),
  )
  return [`Allowed by ${question.reason}:`, ...granting.flatMap((statement) => statementLines(statement, terminal))]
}

function layerLines(layer: ShownLayer, terminal: Terminal): readonly string[] {
  const telling = layer.statements.filter(
    (statement) => layer.verdict !== 'denied' || (statement.matched && statement.effect === 'Deny'),
  )
  if (telling.length === 0) return ['  there is no statement at all']
  return telling
    .slice(0, STATEMENTS_SHOWN)
    .flatMap((statement) => statementLines(statement, terminal))
    .concat(
      telling.length > STATEMENTS_SHOWN ? [`  … and ${telling.length - STATEMENTS_SHOWN} more (--json has all)`] : [],
    )
}

const STATEMENTS_SHOWN = 5

function statementLines(statement: ShownStatement, terminal: Terminal): readonly string[] {
  const sid = statement.sid === null ? `statement ${statement.index}` : `Sid ${statement.sid}`
  const outcome = statement.matched ? 'matches' : `does not match: its ${statement.failed ?? 'test'} fails`
  return [
    `  ${statement.effect} in ${statement.policy}, ${sid}, line ${statement.line}: ${outcome}`,
    ...statement.conditions.map((condition) => conditionLine(condition, terminal)),
  ]
}

function conditionLine(condition: ShownCondition, terminal: Pick<Terminal, 'colour'>): string {
  const mark = condition.matched ? styled(terminal, 'green', '✔') : styled(terminal, 'red', '✘')
  const received = condition.absent ? 'absent' : listText(condition.received)
  return `      ${mark} ${condition.key}: received ${received} — ${condition.operator} — wanted ${listText(condition.wanted)}`
}

const listText = (values: readonly string[]): string => values.map((value) => `\`${value}\``).join(' or ') || 'nothing'

/** The allow that fails on the fewest tests, wherever it stands. */
function nearestMissLines(question: ShownQuestion, terminal: Terminal): readonly string[] {
  if (question.verdict === 'Allow') return []
  const [nearest] = question.layers
    // The first layer in the way has shown its statements already.
    .filter((layer) => question.blocking.includes(layer.layer) && layer.layer !== question.blocking[0])
    .flatMap((layer) => layer.statements)
    .filter((statement) => statement.effect === 'Allow' && !statement.matched)
    .toSorted((a, b) => a.misses - b.misses)
  if (nearest === undefined) return []
  const tests = nearest.misses === 1 ? 'one test' : `${nearest.misses} tests`
  return [`Nearest miss, ${tests} away:`, ...statementLines(nearest, terminal)]
}

/** The narrowest change of each layer: where several stand in the way, all of them are needed. */
function suggestionLines(suggestions: readonly ShownSuggestion[], terminal: Terminal): readonly string[] {
  const narrowest = suggestions.filter(
    (suggestion, index) => suggestions.findIndex((other) => other.layer === suggestion.layer) === index,
  )
  if (narrowest.length === 0) return []
  const heading =
    narrowest.length === 1
      ? 'Smallest change that allows exactly this request:'
      : 'Smallest changes that together allow exactly this request:'
  const rest = suggestions.length - narrowest.length
  return [
    '',
    heading,
    ...narrowest.flatMap((suggestion) => changeLines(suggestion, terminal)),
    ...(rest > 0 ? [`  (${rest} wider with --json)`] : []),
  ]
}

function changeLines({ owner, policy, patch, warning }: ShownSuggestion, terminal: Terminal): readonly string[] {
  return [
    `  in ${policy}${owner === undefined ? '' : ` (account ${owner} owns it)`}:`,
    ...patch.map((step) => `    ${JSON.stringify(step)}`),
    ...(warning === undefined ? [] : [styled(terminal, 'yellow', `    Careful: ${warning}`)]),
  ]
}

function otherQuestionLines(
  explained: Explanation,
  shown: ShownQuestion | undefined,
  terminal: Terminal,
): readonly string[] {
  const others = explained.questions.filter((question) => question !== shown)
  if (others.length === 0) return []
  return [
    '',
    'Also asked for this request:',
    ...others.map((question) => {
      const isDenied = question.verdict === 'Deny'
      const mark = isDenied ? styled(terminal, 'red', '✘') : styled(terminal, 'green', '✔')
      return `  ${mark} ${question.action} on ${question.resource}${question.code === undefined ? '' : ` (${question.code})`}`
    }),
  ]
}

/** The reason in a few words, for stories: code, note, first layer in the way, and the condition that failed. */
export function reasonLines(explained: Explanation): readonly string[] {
  const question = explained.questions.find((candidate) => candidate.verdict === 'Deny') ?? explained.questions[0]
  const told = explained.refusal?.explanation
  if (question === undefined) return [explained.code, told, explained.noQuestion].filter((line) => line !== undefined)
  if (question.verdict === 'Allow')
    return [explained.code ?? `allowed by ${question.reason}`, ...(told === undefined ? [] : [told])]
  const [first] = question.blocking
  const failed = question.layers
    .filter((layer) => layer.layer === first)
    .flatMap((layer) => layer.statements.flatMap((statement) => statement.conditions))
    .find((condition) => !condition.matched)
  const way = question.blocking.map(layerWord).join(', then ')
  return [
    `${explained.code ?? 'denied'} (in the way: ${way})`,
    ...(failed === undefined ? [] : [conditionLine(failed, { colour: false }).trim()]),
    ...(question.note?.split('\n') ?? []),
  ]
}
