/** A document as the rules see it: every element of each statement with its place. Lenient: what has no form is left out. */
import { OPERATORS, readOperatorName, type OperatorName } from '../conditions/operators.ts'
import { readJson, type JsonNode } from '../language/json.ts'
import { itemsOf, memberOf, statementsOf, type JsonObject } from '../validation/problem.ts'
import { placedTexts, pointer, type Placed } from './finding.ts'

/** One key under one operator. */
export interface LintCondition {
  /** As written. */
  readonly operator: string
  /** undefined for an operator that AWS does not have. */
  readonly name: OperatorName | undefined
  /** `String`, `Numeric`, `Date`, `Bool`, `Binary`, `Ip`, `Arn`, `Null`. */
  readonly family: string
  readonly key: Placed
  readonly values: readonly Placed[]
}

export interface LintPrincipal extends Placed {
  /** `AWS`, `Service`, `Federated`, `CanonicalUser`; `*` alone is of kind AWS. */
  readonly kind: string
}

export interface LintStatement {
  readonly path: string
  readonly at: number
  readonly effect: string
  readonly actions: readonly Placed[]
  readonly notActions: readonly Placed[]
  readonly resources: readonly Placed[]
  readonly notResources: readonly Placed[]
  readonly principals: readonly LintPrincipal[]
  readonly notPrincipals: readonly LintPrincipal[]
  readonly conditions: readonly LintCondition[]
}

export interface LintDocument {
  readonly text: string
  readonly at: number
  readonly version: Placed | undefined
  readonly statements: readonly LintStatement[]
}

/** undefined when the text is no JSON object. */
export function readDocument(text: string): LintDocument | undefined {
  const read = readJson(text)
  if (!read.ok || read.root.kind !== 'object') return undefined
  const { root } = read
  const single = memberOf(root, 'Statement')?.kind === 'object'
  const version = placedTexts(memberOf(root, 'Version'), '/Version')[0]
  const statements = statementsOf(root).map((node, index) =>
    readStatement(node, single ? '/Statement' : pointer('/Statement', index)),
  )
  return { text, at: root.at, version, statements }
}

function readStatement(node: JsonObject, path: string): LintStatement {
  const texts = (name: string) => placedTexts(memberOf(node, name), pointer(path, name))
  return {
    path,
    at: node.at,
    effect: texts('Effect')[0]?.value ?? '',
    actions: texts('Action'),
    notActions: texts('NotAction'),
    resources: texts('Resource'),
    notResources: texts('NotResource'),
    principals: readPrincipals(memberOf(node, 'Principal'), pointer(path, 'Principal')),
    notPrincipals: readPrincipals(memberOf(node, 'NotPrincipal'), pointer(path, 'NotPrincipal')),
    conditions: readConditions(memberOf(node, 'Condition'), pointer(path, 'Condition')),
  }
}

function readPrincipals(node: JsonNode | undefined, path: string): readonly LintPrincipal[] {
  if (!node) return []
  if (node.kind !== 'object') return placedTexts(node, path).map((placed) => ({ ...placed, kind: 'AWS' }))
  return node.members.flatMap(({ name, value }) =>
    placedTexts(value, pointer(path, name)).map((placed) => ({ ...placed, kind: name })),
  )
}

function readConditions(node: JsonNode | undefined, path: string): readonly LintCondition[] {
  if (node?.kind !== 'object') return []
  return node.members.flatMap(({ name: operator, value }) => {
    if (value.kind !== 'object') return []
    const name = readOperatorName(operator)
    const family = familyOf(name?.base ?? '')
    return value.members.map((member): LintCondition => {
      const keyPath = pointer(pointer(path, operator), member.name)
      const values = itemsOf(member.value).length === 0 ? [] : placedTexts(member.value, keyPath)
      return { operator, name, family, key: { value: member.name, path: keyPath, at: member.at }, values }
    })
  })
}

function familyOf(base: string): string {
  if (base === 'Null') return 'Null'
  if (!OPERATORS.has(base)) return ''
  return /^(?:String|Numeric|Date|Bool|Binary|Arn)/.exec(base)?.[0] ?? 'Ip'
}
