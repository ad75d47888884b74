import { services } from "../layer.ts"
import { configured } from "./Configuration.ts"

/** The services that the settings name, without a journal: for commands that dispatch nothing. */
export const layer = configured(({ settings }, surroundings) => services(settings, surroundings))
