/** Failures that the wire package and authentication answer as values, turned into the one error class. */
import type { WireFailure } from '@understudy/wire'
import type { AuthenticationRefusal } from '../credentials/authenticate.ts'
import { AwsError } from '../errors/aws-error.ts'

export const failureError = (failure: WireFailure): AwsError =>
  new AwsError(failure.code, failure.status, failure.message ?? '', {
    fields: Object.fromEntries(failure.fields),
    diagnosis: 'REQUEST.INVALID',
  })

/** The operator's facts travel on the error, beside what the caller is told. */
export const authenticationError = (refusal: AuthenticationRefusal): AwsError =>
  new AwsError(refusal.code, refusal.status, refusal.message, {
    fields: Object.fromEntries(refusal.fields),
    diagnosis: refusal.diagnosis,
    ...(refusal.explanation === undefined ? {} : { explanation: refusal.explanation }),
    ...(refusal.details === undefined ? {} : { details: refusal.details }),
  })
