/**
 * The body of a browser's form (multipart/form-data, RFC 7578): the fields up to the file are read, the file is a stream.
 * What comes behind the file is ignored, as S3 does. S3 API Reference, "POST Object".
 */
import { AwsError } from '../../errors/aws-error.ts'
import { invalidArgument } from './errors.ts'

export interface BrowserForm {
  /** In order, names as sent, without the file. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly file: {
    /** Absent when the browser sent none. */
    readonly name: string | undefined
    readonly bytes: AsyncIterable<Uint8Array>
  }
}

/** Bytes of all fields in front of the file. */
const FIELDS_BYTES_MAX = 20 * 1024

const malformed = () =>
  new AwsError('MalformedPOSTRequest', 400, 'The body of your POST request is not well-formed multipart/form-data.', {
    diagnosis: 'REQUEST.INVALID',
  })
const tooLarge = () =>
  new AwsError(
    'MaxPostPreDataLengthExceeded',
    400,
    'Your POST request fields preceding the upload file were too large.',
    { diagnosis: 'REQUEST.TOO_LARGE' },
  )
const notAForm = () =>
  new AwsError('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold', {
    fields: { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
    diagnosis: 'REQUEST.INVALID',
  })

/** @throws `PreconditionFailed` for another content type, `MalformedPOSTRequest`, `InvalidArgument` without a file */
export async function readBrowserForm(
  contentType: string | undefined,
  body: AsyncIterable<Uint8Array>,
): Promise<BrowserForm> {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) throw notAForm()
  const mark = Buffer.from(`\r\n--${boundary}`)
  const source = markedSource(body)
  const fields: [string, string][] = []
  let room = FIELDS_BYTES_MAX
  const take = async (until: Buffer): Promise<Buffer> => {
    const bytes = await source.until(until, room)
    room -= bytes.length
    return bytes
  }
  await take(mark)
  for (;;) {
    const tail = (await take(LINE_END)).toString()
    if (tail === '--') throw invalidArgument('POST requires exactly one file upload per request.', 'file', '0')
    if (tail.trim() !== '') throw malformed()
    const { name, filename } = dispositionOf((await take(HEADERS_END)).toString())
    if (name.toLowerCase() === 'file') return { fields, file: { name: filename, bytes: source.stream(mark) } }
    fields.push([name, (await take(mark)).toString()])
  }
}

const LINE_END = Buffer.from('\r\n')
const HEADERS_END = Buffer.from('\r\n\r\n')

function boundaryOf(contentType: string | undefined): string | undefined {
  const [type = '', ...parameters] = (contentType ?? '').split(';')
  if (type.trim().toLowerCase() !== 'multipart/form-data') return undefined
  const text = parameters.find((parameter) => parameter.trim().toLowerCase().startsWith('boundary='))
  return (
    text
      ?.trim()
      .slice('boundary='.length)
      .replace(/^"(.*)"$/, '$1') || undefined
  )
}

function dispositionOf(headers: string): { readonly name: string; readonly filename: string | undefined } {
  const line = headers.split('\r\n').find((header) => /^content-disposition\s*:/i.test(header)) ?? ''
  const [, name] = /[;\s]name="((?:[^"\\]|\\.)*)"/i.exec(line) ?? /[;\s]name=([^;\s]+)/i.exec(line) ?? []
  if (name === undefined) throw malformed()
  const [, filename] = /[;\s]filename="((?:[^"\\]|\\.)*)"/i.exec(line) ?? /[;\s]filename=([^;\s]+)/i.exec(line) ?? []
  return { name, filename }
}

interface MarkedSource {
  /** Bytes up to a mark, which is taken away. @throws when they are more than `bytesMax` */
  readonly until: (mark: Buffer, bytesMax: number) => Promise<Buffer>
  /** The same as a stream, in constant memory. */
  readonly stream: (mark: Buffer) => AsyncIterable<Uint8Array>
}

function markedSource(body: AsyncIterable<Uint8Array>): MarkedSource {
  const chunks = body[Symbol.asyncIterator]()
  // A form begins with its first boundary, or with a preamble in front of it: a line end ahead makes both look alike.
  let held: Buffer = LINE_END
  const pull = async (): Promise<void> => {
    const step = await chunks.next()
    if (step.done) throw malformed()
    held = Buffer.concat([held, step.value])
  }
  return {
    until: async (mark, bytesMax) => {
      for (;;) {
        const at = held.indexOf(mark)
        if ((at < 0 ? held.length - mark.length : at) > bytesMax) throw tooLarge()
        if (at >= 0) {
          const bytes = held.subarray(0, at)
          held = held.subarray(at + mark.length)
          return bytes
        }
        await pull()
      }
    },
    stream: async function* (mark) {
      for (;;) {
        const at = held.indexOf(mark)
        const safe = at >= 0 ? at : Math.max(0, held.length - mark.length + 1)
        if (safe > 0) yield held.subarray(0, safe)
        held = held.subarray(safe)
        if (at >= 0) break
        await pull()
      }
      for (let step = await chunks.next(); !step.done; step = await chunks.next());
    },
  }
}
