import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { withLimits } from "../../dispatch/limits/limitedServices.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { viewLayer } from "../../layer.ts"
import { repositoryOf } from "../../locate.ts"
import { explainView } from "../../report/explain/explainView.ts"
import { gatherExplain } from "../../report/explain/gather.ts"
import { explainText } from "../../report/explain/text.ts"
import { ExplainView } from "../../report/explain/view.ts"
import { ThisProcess } from "../../surroundings.ts"
import { configured } from "../Configuration.ts"
import { frameHere } from "../frame.ts"
import { json, repo, repoSetting } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"
import { id } from "./claim.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const options = {
  id,
  all: Options.boolean("all").pipe(
    Options.withDescription("Every attempt in full, and everything that runs skipped it for")
  ),
  repo,
  json
}

const encodeView = jsonDocument(ExplainView, { space: 2 })

export const explainCommand = Command.make("explain", options, (flags) =>
  Effect.gen(function* () {
    const repository = yield* repositoryOf(yield* CurrentSettings, yield* ThisProcess)
    const view = explainView(yield* withLimits(gatherExplain(flags.id, repository, flags.all)))
    const text = flags.json ? encodeView(view) : explainText(view, yield* frameHere(flags.repo), flags.all)
    return yield* printResult(EXIT.ok, text)
  })
).pipe(
  Command.withDescription(
    "Say why the next run would take a bug or not, why it failed, what happened to it and when, and where its log and its work are"
  ),
  Command.provide((flags) =>
    configured(({ settings }, surroundings) => viewLayer(settings, surroundings), { flags: repoSetting(flags.repo) })
  )
)
