import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { Diagnosis } from "../doctor/Finding.ts"
import { diagnosis } from "../doctor/findings.ts"
import { gather } from "../doctor/gather.ts"
import { doctorText } from "../doctor/render.ts"
import { frameHere } from "../frame.ts"
import * as logging from "../logging.ts"
import { json } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const encodeDiagnosis = jsonDocument(Diagnosis, { space: 2 })

const options = {
  json,
  online: Options.boolean("online").pipe(
    Options.withDescription("Ask each provider too, as preflight does; may be a paid call of its model")
  )
}

export const doctorCommand = Command.make("doctor", options, (flags) =>
  Effect.gen(function* () {
    const frame = yield* frameHere()
    const found = diagnosis(yield* gather(flags.online), frame.program)
    return yield* printResult(found.exit, flags.json ? encodeDiagnosis(found) : doctorText(found, frame))
  })
).pipe(
  Command.withDescription(
    "Check whether tonight's run would work as cron starts it. Each problem comes with the command that mends it"
  ),
  Command.provide(logging.layer({ live: false }))
)
