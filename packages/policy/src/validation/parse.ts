/** The door for documents that are about to be stored: read, check by the rules of the slot, compile, lint. */
import { compileDocument } from '../compile.ts'
import { positionOf, readJson, type JsonNode, type Position } from '../language/json.ts'
import type { CompiledPolicy } from '../types.ts'
import { checkIdentity } from './identity.ts'
import { lint, type Warning } from './lint.ts'
import type { ParseOptions } from './options.ts'
import { checkRcp, checkScp } from './organizations.ts'
import { SYNTAX, type PolicyType, type Problem } from './problem.ts'
import { checkKeyPolicy, checkResourcePolicy } from './resource-policies.ts'
import { checkBucketPolicy, NO_JSON } from './s3.ts'
import { checkSize, strangeCharacter } from './sizes.ts'
import { checkTrust } from './trust.ts'

export type ParseResult =
  | { readonly ok: true; readonly policy: CompiledPolicy; readonly warnings: readonly Warning[] }
  | {
      readonly ok: false
      /** AWS's error code; HTTP 400, but LimitExceeded 409. */
      readonly code: string
      readonly message: string
      readonly position?: Position
    }

interface Rules {
  readonly code: string
  /** Text for what is no JSON, or holds characters that policies may not hold. */
  readonly noJson: string
  readonly check: (root: JsonNode, text: string, options: ParseOptions, type: PolicyType) => Problem | undefined
}

const IDENTITY: Rules = {
  code: 'MalformedPolicyDocument',
  noJson: SYNTAX,
  check: (root, _text, _options, type) => checkIdentity(root, type),
}
const ORGANIZATIONS = {
  code: 'MalformedPolicyDocumentException',
  noJson: 'The provided policy document does not meet the requirements of the specified policy type.',
}
const RESOURCE: Rules = { ...IDENTITY, check: (root, _text, options) => checkResourcePolicy(root, options) }

const RULES: Readonly<Record<PolicyType, Rules>> = {
  identity: IDENTITY,
  managed: IDENTITY,
  inline: IDENTITY,
  boundary: IDENTITY,
  session: IDENTITY,
  trust: {
    code: 'MalformedPolicyDocument',
    noJson: 'This policy contains invalid Json',
    check: (root, _text, options) => checkTrust(root, options),
  },
  scp: { ...ORGANIZATIONS, check: checkScp },
  rcp: { ...ORGANIZATIONS, check: checkRcp },
  's3-bucket': {
    code: 'MalformedPolicy',
    noJson: NO_JSON,
    check: (root, _text, options) => checkBucketPolicy(root, options),
  },
  'kms-key': { code: 'MalformedPolicyDocumentException', noJson: SYNTAX, check: checkKeyPolicy },
  vpce: RESOURCE,
  resource: RESOURCE,
}

/**
 * Checks a document as AWS would when it is saved in the slot `type`, and compiles it. Never throws for what the text
 * holds. `options` tells what only the store knows: which principals exist, which bucket it is.
 */
export function parsePolicy(text: string, type: PolicyType, options: ParseOptions = {}): ParseResult {
  const rules = RULES[type]
  const size = checkSize(text, type, options.trustMax)
  if (size) return refusal(text, rules, size)
  const strange = type === 's3-bucket' ? -1 : strangeCharacter(text)
  if (strange >= 0) return refusal(text, rules, { message: rules.noJson, at: strange })
  const read = readJson(text)
  if (!read.ok) return refusal(text, rules, { message: rules.noJson, at: read.at })
  const problem = rules.check(read.root, text, options, type)
  if (problem) return refusal(text, rules, problem)
  const policy = compileDocument(read.root, text)
  return {
    ok: true,
    policy,
    // Few callers ask: a session policy is parsed at each call that passes it.
    get warnings() {
      return lint(policy, type)
    },
  }
}

function refusal(text: string, rules: Rules, { code, message, at }: Problem): ParseResult {
  const position = at === undefined ? {} : { position: positionOf(text, at) }
  return { ok: false, code: code ?? rules.code, message, ...position }
}
