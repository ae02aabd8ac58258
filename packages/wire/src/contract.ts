// The signatures that the server codes against while their bodies are being written. Deleted when all are there.
import type { WireFailure } from './failure.ts'
import type { OperationModel, ServiceModel, ServiceName, Structure } from './model/types.ts'
import type { XmlNode } from './xml.ts'

/** A request that was understood: which operation, and its input as the model names it. */
export interface DecodedCall {
  readonly ok: true
  readonly operation: OperationModel
  readonly input: Structure
}

/** Raw form or query text (percent-encoded), or pairs already decoded. */
export type QueryParameters = string | readonly (readonly [name: string, value: string])[]
export declare function decodeQuery(model: ServiceModel, parameters: QueryParameters): DecodedCall | WireFailure
export declare function encodeQueryResponse(
  model: ServiceModel,
  operation: OperationModel,
  output: Structure,
  requestId: string,
): string
export declare function encodeQueryResponseJson(
  model: ServiceModel,
  operation: OperationModel,
  output: Structure,
  requestId: string,
): string
/** What an error answer of a Query service says. `model` absent: a fault before the service knew the operation. */
export interface QueryError {
  readonly code: string
  readonly message: string | undefined
  /** Decides `Type`: Sender below 500, Receiver from there. */
  readonly status: number
  readonly requestId: string
}
export declare function encodeQueryError(model: ServiceModel | undefined, error: QueryError): string
export declare function encodeQueryErrorJson(error: QueryError): string
/** True when JSON is the only or the first choice of an Accept header. */
export declare function wantsJson(accept: string | undefined): boolean

/** STS echoes values in its messages, IAM does not; S3 has errors of its own. */
export type Dialect = ServiceName
export declare function validate(
  model: ServiceModel,
  operation: OperationModel,
  input: Structure,
  dialect: Dialect,
): WireFailure | undefined

/** Headers by lower-case name; several of one name joined by `, ` as node:http does. */
export type WireHeaders = Readonly<Record<string, string | undefined>>

/** The request line and headers, as received: path and query still percent-encoded, query without `?`. */
export interface WireRequest {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query: string
  readonly headers: WireHeaders
}

/** Where an S3 request goes. `key` is percent-decoded, without its leading slash. */
export interface S3Route {
  readonly ok: true
  readonly operation: OperationModel
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly virtualHosted: boolean
}
/** `baseHosts`: names under which buckets appear as `<bucket>.<base>` besides AWS's own, for instance `localhost`. */
export declare function routeS3(
  model: ServiceModel,
  request: WireRequest,
  baseHosts: readonly string[],
): S3Route | WireFailure

/** A body as the operation wants it: none, a parsed tree, text (policy documents), or a stream passed through. */
export type RestBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'xml'; readonly root: XmlNode }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'stream'; readonly stream: AsyncIterable<Uint8Array> }
/** Which kind of body the operation reads. */
export declare function bodyKind(operation: OperationModel): RestBody['kind']
export declare function decodeRestXml(route: S3Route, request: WireRequest, body: RestBody): DecodedCall | WireFailure

/** An answer ready to be written. Header names are lower-case. */
export interface RestResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** undefined: no body. */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array> | undefined
}
export declare function encodeRestXml(model: ServiceModel, operation: OperationModel, output: Structure): RestResponse
/** S3's error document. `fields` stand between Message and RequestId. */
export interface S3Error {
  readonly code: string
  readonly message: string | undefined
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly requestId: string
  readonly hostId: string
}
export declare function encodeS3Error(error: S3Error): string

/** What a host name says. */
export interface HostFacts {
  /** `sts`, `iam`, `s3`, or another endpoint prefix; undefined for hosts that are not AWS's. */
  readonly service: string | undefined
  /** The Region that the host names; the home Region for global names; undefined for other hosts. */
  readonly region: string | undefined
  readonly partition: string | undefined
  /** True for `sts.amazonaws.com`, `iam.amazonaws.com`, `s3.amazonaws.com`. */
  readonly global: boolean
  /** Bucket of a virtual-hosted S3 name. */
  readonly bucket: string | undefined
}
export declare function parseHost(host: string, baseHosts: readonly string[]): HostFacts

/** From the Authorization header or X-Amz-Credential: what the caller signed for. */
export interface SigningScope {
  readonly service: string
  readonly region: string
}
export type Dispatched =
  | {
      readonly kind: 'service'
      /** `sts`, `iam`, `s3` or another service's endpoint prefix. */
      readonly service: string
      readonly region: string
      readonly host: HostFacts
    }
  /** A Query request without Action: 302 to this address, empty body. */
  | { readonly kind: 'redirect'; readonly location: string }
/** `signingScope` absent: unsigned. `form` absent: no form body. */
export interface DispatchRequest extends WireRequest {
  readonly signingScope: SigningScope | undefined
  /** The form body, where the content type is form-encoded and the method is POST. */
  readonly form: string | undefined
  readonly baseHosts: readonly string[]
  /** Paths that take JSON without a signature (sign-in, portal), each with its service. */
  readonly jsonPaths: ReadonlyMap<string, string>
}
export declare function dispatch(request: DispatchRequest): Dispatched
