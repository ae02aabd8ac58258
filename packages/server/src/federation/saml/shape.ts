/**
 * Where things may stand in a SAML response, before anything in it is believed. Everything here closes a known way of
 * wrapping: a second assertion, a signature somewhere else, an id that names two elements, content hidden in a signature.
 */
import { NS, attributeOf, childrenOf, elementsOf, everyElement } from './tree.ts'
import type { XmlElement } from './tree.ts'

export type Shaped =
  | {
      readonly ok: true
      readonly response: XmlElement
      /** The one assertion, or what it is encrypted in. */
      readonly assertion: XmlElement
      readonly encrypted: boolean
      readonly responseSignature?: XmlElement
    }
  | { readonly ok: false; readonly explanation: string }

/** A response with one assertion, encrypted or not, as its direct child, and no signature anywhere but at the two. */
export function shapeOf(root: XmlElement): Shaped {
  if (root.uri !== NS.protocol || root.local !== 'Response')
    return refuse(`the root is \`${root.name}\`, not a Response`)
  const ids = idsOf(root)
  if (!ids.ok) return ids
  const everywhere = [...everyElement(root)]
  const assertions = everywhere.filter(isAssertion)
  const [assertion] = assertions
  if (assertion === undefined) return refuse('there is no Assertion')
  if (assertions.length > 1) return refuse(`there are ${assertions.length} assertions, where one is taken`)
  if (!elementsOf(root).includes(assertion)) return refuse('the Assertion is not a direct child of the Response')
  const encrypted = assertion.local === 'EncryptedAssertion'
  const own = childrenOf(root, NS.signature, 'Signature')
  const ofAssertion = encrypted ? [] : childrenOf(assertion, NS.signature, 'Signature')
  if (own.length > 1 || ofAssertion.length > 1) return refuse('an element has two signatures')
  if (everywhere.filter(isSignature).length > own.length + ofAssertion.length)
    return refuse('there is a Signature that is a child neither of the Response nor of the Assertion')
  const [responseSignature] = own
  return { ok: true, response: root, assertion, encrypted, ...(responseSignature ? { responseSignature } : {}) }
}

const refuse = (explanation: string) => ({ ok: false, explanation }) as const

/** In any namespace: a name that only looks like the real one has no business here. */
const isAssertion = ({ local }: XmlElement): boolean => local === 'Assertion' || local === 'EncryptedAssertion'
const isSignature = ({ local }: XmlElement): boolean => local === 'Signature'

function idsOf(root: XmlElement): { readonly ok: true } | { readonly ok: false; readonly explanation: string } {
  const seen = new Set<string>()
  for (const element of everyElement(root))
    for (const attribute of element.attributes) {
      if (attribute.local.toLowerCase() !== 'id') continue
      if (seen.has(attribute.value)) return refuse(`the id \`${attribute.value}\` is there twice`)
      seen.add(attribute.value)
    }
  return { ok: true }
}

/** The decrypted assertion alone: nothing else in it, and at most one signature, its own. */
export function shapeOfDecrypted(root: XmlElement): Shaped {
  if (root.uri !== NS.assertion || root.local !== 'Assertion')
    return refuse(`what was encrypted is \`${root.name}\`, no Assertion`)
  const ids = idsOf(root)
  if (!ids.ok) return ids
  const everywhere = [...everyElement(root)]
  if (everywhere.filter(isAssertion).length > 1) return refuse('there is an assertion inside the assertion')
  const own = childrenOf(root, NS.signature, 'Signature')
  if (everywhere.filter(isSignature).length !== own.length || own.length > 1)
    return refuse('there is a Signature that is not the assertion’s own')
  return { ok: true, response: root, assertion: root, encrypted: false }
}

const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'

/** What is unusual about a signature: it must cover the element that it is a child of, by its id, and nothing else. */
export function signatureProblem(signature: XmlElement, covers: XmlElement): string | undefined {
  const [info, ...more] = childrenOf(signature, NS.signature, 'SignedInfo')
  if (signature.uri !== NS.signature) return 'the Signature is of another namespace'
  if (info === undefined || more.length > 0) return 'the Signature has not exactly one SignedInfo'
  if (childrenOf(signature, NS.signature, 'SignatureValue').length !== 1)
    return 'there is not exactly one SignatureValue'
  const strange = elementsOf(signature).find(
    ({ local }) => !['SignedInfo', 'SignatureValue', 'KeyInfo'].includes(local),
  )
  if (strange) return `the Signature holds \`${strange.name}\``
  const methods = childrenOf(info, NS.signature, 'CanonicalizationMethod').map((each) => attributeOf(each, 'Algorithm'))
  if (methods.length !== 1 || methods[0] !== EXCLUSIVE)
    return 'SignedInfo is not put in form by exclusive canonicalization'
  const references = childrenOf(info, NS.signature, 'Reference')
  const [reference] = references
  if (reference === undefined || references.length > 1) return 'there is not exactly one Reference'
  const id = attributeOf(covers, 'ID')
  if (id === undefined || !/^[\w.-]+$/.test(id)) return 'the signed element has no usable ID'
  if (attributeOf(reference, 'URI') !== `#${id}`) return 'the Reference names another element than the signed one'
  return transformsProblem(reference)
}

function transformsProblem(reference: XmlElement): string | undefined {
  const names = childrenOf(reference, NS.signature, 'Transforms')
    .flatMap((transforms) => childrenOf(transforms, NS.signature, 'Transform'))
    .map((transform) => attributeOf(transform, 'Algorithm'))
  const usual = names.length === 2 && names[0] === ENVELOPED && names[1] === EXCLUSIVE
  return usual ? undefined : 'the transforms are not enveloped signature and exclusive canonicalization, in this order'
}
