/** The seed's schema of the federation lab: `lab: { github: true, kubernetes: { issuer: … }, oidc: [ { issuer: … } ] }`. */
import { issuerName } from '../domain/issuer.ts'
import { DEFAULT_ISSUERS } from '../federation/lab/issuer.ts'
import type { Located } from './located.ts'
import { object, optional, text, wrong } from './readers.ts'
import type { Place, Read } from './readers.ts'
import type { LabIssuerSeed, LabSeed } from './types.ts'

const address = text((value) => {
  const name = issuerName(value)
  return name.ok && `https://${name.name}` === value
    ? undefined
    : `\`${value}\` is no issuer: https://host, in small letters`
})

interface Named {
  readonly issuer?: string
  readonly line: number
}
const named = object<Named>('a lab issuer', { issuer: optional(address) })

/** `true`, one issuer, or several. */
const issuers =
  (kind: LabIssuerSeed['kind']): Read<readonly LabIssuerSeed[]> =>
  (node, place) => {
    if (node.kind === 'scalar' && node.value === false) return []
    const items = node.kind === 'list' ? node.items : [node]
    const read = items.map((item, index) => one(kind, item, node.kind === 'list' ? below(place, index) : place))
    const complete = read.filter((item) => item !== undefined)
    return complete.length === read.length ? complete : undefined
  }

const below = (place: Place, index: number): Place => ({ ...place, path: `${place.path}[${index}]` })

function one(kind: LabIssuerSeed['kind'], node: Located, place: Place): LabIssuerSeed | undefined {
  const isBare = node.kind === 'scalar' && node.value === true
  const read = isBare ? { line: node.line } : named(node, place)
  if (read === undefined) return undefined
  const issuer = ('issuer' in read ? read.issuer : undefined) ?? DEFAULT_ISSUERS[kind]
  if (issuer === undefined) return wrong(node, place, `a lab issuer of the kind ${kind} needs an \`issuer\``)
  return { kind, issuer, line: read.line }
}

interface LabMembers {
  readonly github?: readonly LabIssuerSeed[]
  readonly kubernetes?: readonly LabIssuerSeed[]
  readonly oidc?: readonly LabIssuerSeed[]
  readonly line: number
}
const members = object<LabMembers>('the lab', {
  github: optional(issuers('github')),
  kubernetes: optional(issuers('kubernetes')),
  oidc: optional(issuers('oidc')),
})

/** The lab; each issuer once. */
export const lab: Read<LabSeed> = (node, place) => {
  const read = members(node, place)
  if (read === undefined) return undefined
  const all = [...(read.github ?? []), ...(read.kubernetes ?? []), ...(read.oidc ?? [])]
  const seen = new Set<string>()
  for (const item of all) {
    if (seen.has(item.issuer)) return wrong(item, place, `\`${item.issuer}\` is here twice`)
    seen.add(item.issuer)
  }
  return { issuers: all, line: read.line }
}
