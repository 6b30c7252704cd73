export { Encoder, encode } from "./Encoder.ts"
export { ParsedMessage } from "./ParsedMessage.ts"
export { defaultMaxLine, Parser, type ParserOptions } from "./Parser.ts"
