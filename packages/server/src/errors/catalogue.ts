/** Errors that more than one service answers. Texts are AWS's; those of one service stand with that service. */
import { AwsError } from './aws-error.ts'
import type { AwsErrorOptions } from './aws-error.ts'

export const accessDenied = (message: string, options: AwsErrorOptions = {}) =>
  new AwsError('AccessDenied', 403, message, options)
export const validationError = (message: string, options: AwsErrorOptions = {}) =>
  new AwsError('ValidationError', 400, message, { diagnosis: 'REQUEST.INVALID', ...options })
export const noSuchEntity = (message: string) =>
  new AwsError('NoSuchEntity', 404, message, { diagnosis: 'REQUEST.NO_SUCH_ENTITY' })
export const entityAlreadyExists = (message: string) => new AwsError('EntityAlreadyExists', 409, message)
export const deleteConflict = (message: string) => new AwsError('DeleteConflict', 409, message)
export const limitExceeded = (message: string) => new AwsError('LimitExceeded', 409, message)
export const invalidInput = (message: string, options: AwsErrorOptions = {}) =>
  new AwsError('InvalidInput', 400, message, options)
export const malformedPolicyDocument = (message: string, options: AwsErrorOptions = {}) =>
  new AwsError('MalformedPolicyDocument', 400, message, { diagnosis: 'POLICY.GRAMMAR', ...options })
export const notImplemented = (operation: string) =>
  new AwsError('NotImplemented', 501, `The operation ${operation} is not built yet.`, {
    diagnosis: 'REQUEST.NOT_IMPLEMENTED',
  })
export const serviceUnavailable = (options: AwsErrorOptions = {}) =>
  new AwsError('ServiceUnavailable', 503, 'Service Unavailable', { diagnosis: 'STORE.STALE', ...options })
export const internalFailure = (cause: unknown) =>
  new AwsError(
    'InternalFailure',
    500,
    'The request processing has failed because of an unknown error, exception or failure.',
    {
      diagnosis: 'SERVER.FAULT',
      cause,
    },
  )
