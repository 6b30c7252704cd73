/**
 * Devices with only a contract: for tests of clients.
 *
 * @since 0.1.0
 */
export { type Answer, type Answers, hang, type Late, late, type Prompt, plausible } from "./Answer.ts"
export { connect, type Fake, type FakeDevice, layer, type Options, of } from "./FakeDevice.ts"
export type { Asked, FakeRequest } from "./FakeRequest.ts"
