import { Schema } from "effect"
import { ErrorDocument } from "../domain/Explanation.ts"

export const encodeError = Schema.encodeSync(Schema.parseJson(ErrorDocument))
