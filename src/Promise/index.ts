/**
 * KATCP for programs without Effect: clients, a device server and sites with promises, async iterables and abort
 * signals. A wrapper of the rest of the library.
 *
 * @since 0.1.0
 */
export type { Abortable } from "./bridge.ts"
export type { CallOptions, Client, Methods, Mirror } from "./Client.ts"
export type { ConnectOptions } from "./ConnectOptions.ts"
export { type Container, type ContainerOptions, container, type ResourceOf } from "./Container.ts"
export { connect } from "./connect.ts"
export type { DeviceSensor, DeviceSensors } from "./DeviceSensor.ts"
export type { Group, GroupResults, GroupWaitOptions } from "./Group.ts"
export type { Handler, Handlers, RequestContext, ServedClient } from "./Handler.ts"
export type { Reconnect } from "./options.ts"
export { type Resource, type ResourceOptions, type ResourceRequest, resource } from "./Resource.ts"
export type { ClientSensor } from "./Sensor.ts"
export { type ServeOptions, type Server, serve } from "./Server.ts"
export {
  type FedChanges,
  type SelectionRule,
  type Site,
  type SiteDeviceInput,
  type SiteOptions,
  type SiteReader,
  site
} from "./Site.ts"
export type { StrategyInput } from "./strategy.ts"
