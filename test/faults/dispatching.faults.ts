import { matrix, settles } from "./judge/matrix.ts"

matrix("from the list to the acknowledgement", (scenario) => !settles(scenario))
