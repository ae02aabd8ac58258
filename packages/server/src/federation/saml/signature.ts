/**
 * Verifies one enveloped signature. What comes back is the text that was signed, and nothing else of the document is ever
 * read: a signature that verifies says nothing about what stands beside it.
 */
import { createSign, createVerify, createHash } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { SignedXml } from 'xml-crypto'
import type { SigningCertificate } from './metadata.ts'
import { signatureProblem } from './shape.ts'
import { NS, attributeOf, attributeText, childrenOf, everyElement, textOf, writeXml } from './tree.ts'
import type { XmlElement } from './tree.ts'

export type Verified =
  | {
      readonly ok: true
      /** The canonical text that was signed. */ readonly text: string
      readonly certificate: SigningCertificate
    }
  | { readonly ok: false; readonly explanation: string }

/** RSA with SHA-1 is not among them: no recording shows that AWS takes it still. */
const RSA_METHODS: readonly (readonly [uri: string, hash: string])[] = [
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'RSA-SHA256'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha384', 'RSA-SHA384'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', 'RSA-SHA512'],
]
const DIGESTS: readonly (readonly [uri: string, hash: string])[] = [
  ['http://www.w3.org/2001/04/xmlenc#sha256', 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#sha384', 'sha384'],
  ['http://www.w3.org/2001/04/xmlenc#sha512', 'sha512'],
]
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'

/** @param element carries the signature as its child and is covered by it @param certificates those of its issuer, from the metadata */
export function verifyEnveloped(
  element: XmlElement,
  signature: XmlElement,
  certificates: readonly SigningCertificate[],
): Verified {
  const problem = signatureProblem(signature, element) ?? algorithmProblem(signature)
  if (problem !== undefined) return { ok: false, explanation: problem }
  // KeyInfo is nobody's proof, and whatever is inside costs time.
  const bare = { ...signature, children: signature.children.filter((child) => !isKeyInfo(child)) }
  if ([...everyElement(bare)].length > SIGNATURE_ELEMENTS_MAX)
    return { ok: false, explanation: 'the Signature is too large' }
  // Both are written anew from the strict reading, so the library cannot read anything else than we did.
  const document = writeXml({
    ...element,
    children: element.children.map((child) => (child === signature ? bare : child)),
  })
  const signatureText = writeXml(bare)
  let explanation = 'the provider has no certificate'
  for (const certificate of certificates) {
    const refusal = document.length > LARGE ? valueProblem(signature, signatureText, certificate) : undefined
    if (refusal !== undefined) {
      explanation = refusal
      continue
    }
    const result = verifiedBy(document, signatureText, certificate)
    if (result.ok) return result
    explanation = result.explanation
  }
  return { ok: false, explanation }
}

const SIGNATURE_ELEMENTS_MAX = 32
/** Characters above which a stranger's document must not cost its canonical form. */
const LARGE = 12_000

const isKeyInfo = (child: XmlElement | string): boolean =>
  typeof child !== 'string' && child.uri === NS.signature && child.local === 'KeyInfo'

/**
 * Whether the key made this SignatureValue at all, before a large document is put in form for its digest: the library asks in
 * the other order. The same check on a tiny document, with digests taken on trust; only ever refuses.
 */
function valueProblem(
  signature: XmlElement,
  signatureText: string,
  certificate: SigningCertificate,
): string | undefined {
  const [reference, digest] = ['Reference', 'DigestValue'].map((local) =>
    [...everyElement(signature)].find((each) => each.uri === NS.signature && each.local === local),
  )
  const id = (reference && attributeOf(reference, 'URI'))?.slice(1) ?? ''
  const claimed = digest ? textOf(digest) : ''
  const taken: HashClass = function () {
    return { getAlgorithmName: () => '', getHash: () => claimed }
  } as unknown as HashClass
  const hashes = Object.fromEntries(DIGESTS.map(([uri]) => [uri, taken]))
  const tiny = `<tiny ID="${attributeText(id)}">${signatureText}</tiny>`
  const checked = verifiedBy(tiny, signatureText, certificate, hashes)
  return checked.ok ? undefined : checked.explanation
}

function algorithmProblem(signature: XmlElement): string | undefined {
  const [info] = childrenOf(signature, NS.signature, 'SignedInfo')
  const methods = info
    ? childrenOf(info, NS.signature, 'SignatureMethod').map((each) => attributeOf(each, 'Algorithm'))
    : []
  const [method] = methods
  if (methods.length !== 1 || !RSA_METHODS.some(([uri]) => uri === method))
    return `the signature method \`${method}\` is not taken`
  return undefined
}

function verifiedBy(
  document: string,
  signatureText: string,
  certificate: SigningCertificate,
  hashes?: SignedXml['HashAlgorithms'],
): Verified {
  if (certificate.key.asymmetricKeyType !== 'rsa') return { ok: false, explanation: 'the certificate holds no RSA key' }
  try {
    const signed = signedXml({ publicCert: certificate.key })
    if (hashes) signed.HashAlgorithms = hashes
    signed.loadSignature(signatureText)
    if (!signed.checkSignature(document))
      return { ok: false, explanation: 'the signed text was changed: its digest is another one' }
    const [text, ...more] = signed.getSignedReferences()
    if (text === undefined || more.length > 0) return { ok: false, explanation: 'not exactly one element was signed' }
    return { ok: true, text, certificate }
  } catch (error) {
    const explanation =
      error instanceof Error && /signature value/.test(error.message)
        ? `the key of the certificate ${certificate.fingerprint.slice(0, 16)}… did not make this signature`
        : `the signature cannot be checked: ${error instanceof Error ? error.message : String(error)}`
    return { ok: false, explanation }
  }
}

/** Signs an element by its ID, as identity providers do; for the lab and for tests. @param id value of the attribute ID */
export function signEnveloped(
  document: string,
  id: string,
  by: { readonly key: KeyObject; readonly certificatePem: string },
): string {
  const signed = signedXml({
    privateKey: by.key,
    publicCert: by.certificatePem,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: EXCLUSIVE,
  })
  signed.addReference({
    xpath: `//*[@ID='${id}']`,
    transforms: [ENVELOPED, EXCLUSIVE],
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
  })
  signed.computeSignature(document, {
    prefix: 'ds',
    // The schema wants the signature right behind the issuer.
    location: { reference: `//*[@ID='${id}']/*[local-name(.)='Issuer']`, action: 'after' },
  })
  return signed.getSignedXml()
}

/** With our tables in place of the library's: what is not in them does not exist. */
function signedXml(options: ConstructorParameters<typeof SignedXml>[0]): SignedXml {
  const signed = new SignedXml({ ...options, getCertFromKeyInfo: () => null })
  signed.SignatureAlgorithms = Object.fromEntries(RSA_METHODS.map(([uri, hash]) => [uri, signatureMethod(uri, hash)]))
  signed.HashAlgorithms = Object.fromEntries(DIGESTS.map(([uri, hash]) => [uri, digestMethod(uri, hash)]))
  return signed
}

type SignatureClass = SignedXml['SignatureAlgorithms'][string]
type HashClass = SignedXml['HashAlgorithms'][string]

/** The library wants constructors; a function that returns its object is one. */
const signatureMethod = (uri: string, hash: string): SignatureClass =>
  function () {
    return {
      getAlgorithmName: () => uri,
      getSignature: (info: string, key: KeyObject) => createSign(hash).update(info).sign(key, 'base64'),
      verifySignature: (material: string, key: KeyObject, value: string) =>
        createVerify(hash).update(material).verify(key, value, 'base64'),
    }
  } as unknown as SignatureClass

const digestMethod = (uri: string, hash: string): HashClass =>
  function () {
    return {
      getAlgorithmName: () => uri,
      getHash: (text: string) => createHash(hash).update(text, 'utf8').digest('base64'),
    }
  } as unknown as HashClass
