/** Judges the rows of a vector file, for the runner and for other tools that hold an engine to the corpus. */
export { isRightAnswer, questionOf, type EvaluationRow, type Question } from './evaluation.ts'
export { answerSts, isRightSts, type StsRow } from './sts.ts'
export { answerValidation, isRightValidation, type ValidationAnswer, type ValidationRow } from './validation.ts'
