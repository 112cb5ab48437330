import { CONDITION_WORDS } from "../service-spec/dependencies.ts";
import type { ElementKind } from "../service-spec/field.ts";
import type { JsonShape } from "./json-shape.ts";

const TEXTS: JsonShape = { list: "text" };
const TEXT_MAP: JsonShape = { map: "text" };

const FILE: JsonShape = { fields: { Name: "text", UID: "text", GID: "text", Mode: "whole" } };

const PORT: JsonShape = {
  fields: {
    Name: "text",
    Protocol: { words: ["tcp", "udp", "sctp"] },
    TargetPort: "whole",
    PublishedPort: "whole",
    PublishMode: { words: ["ingress", "host"] },
    HostIP: "text",
    LocalFirst: "flag",
  },
};

const PROPAGATIONS = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

const MOUNT: JsonShape = {
  fields: {
    Type: { words: ["bind", "volume", "tmpfs"] },
    Source: "text",
    Target: "text",
    ReadOnly: "flag",
    Consistency: "text",
    BindOptions: {
      fields: {
        Propagation: { words: PROPAGATIONS },
        NonRecursive: "flag",
        CreateMountpoint: "flag",
        ReadOnlyNonRecursive: "flag",
        ReadOnlyForceRecursive: "flag",
      },
    },
    VolumeOptions: {
      fields: {
        NoCopy: "flag",
        Labels: TEXT_MAP,
        DriverConfig: { fields: { Name: "text", Options: TEXT_MAP } },
        Subpath: "text",
        PerSlot: "flag",
      },
    },
    TmpfsOptions: { fields: { SizeBytes: "whole", Mode: "whole", Options: { list: TEXTS } } },
  },
};

/** The JSON of one element of a list, or of the map where Docker has one. */
export const ELEMENT_JSON: { readonly [Kind in ElementKind]: JsonShape } = {
  label: TEXT_MAP,
  sysctl: TEXT_MAP,
  option: TEXT_MAP,
  env: TEXTS,
  constraint: TEXTS,
  text: TEXTS,
  host: TEXTS,
  preference: { list: { fields: { Spread: { fields: { SpreadDescriptor: "text" } } } } },
  affinity: { list: { fields: { Service: "text", Avoid: "flag", Topology: "text", Soft: "flag" } } },
  dependency: { list: { fields: { Service: "text", Condition: { words: Object.values(CONDITION_WORDS) } } } },
  genericResource: {
    list: {
      fields: {
        DiscreteResourceSpec: { fields: { Kind: "text", Value: "whole" } },
        NamedResourceSpec: { fields: { Kind: "text", Value: "text" } },
      },
    },
  },
  ulimit: { list: { fields: { Name: "text", Soft: "whole", Hard: "whole" } } },
  mount: { list: MOUNT },
  port: { list: PORT },
  secret: { list: { fields: { File: FILE, SecretID: "text", SecretName: "text" } } },
  config: { list: { fields: { File: FILE, ConfigID: "text", ConfigName: "text" } } },
  step: { list: { fields: { Command: TEXTS, User: "text", Privileged: "flag", Dir: "text", Env: TEXTS } } },
  network: { list: { fields: { Target: "text", Aliases: TEXTS, DriverOpts: TEXT_MAP } } },
  device: { list: { fields: { PathOnHost: "text", PathInContainer: "text", CgroupPermissions: "text" } } },
  gpu: {
    list: {
      fields: {
        Driver: "text",
        Count: "whole",
        DeviceIDs: TEXTS,
        Capabilities: { list: TEXTS },
        Options: TEXT_MAP,
      },
    },
  },
  weight: { list: { fields: { Path: "text", Weight: "whole" } } },
  rate: { list: { fields: { Path: "text", Rate: "whole" } } },
  byteRate: { list: { fields: { Path: "text", Rate: "whole" } } },
  hugepages: { list: { fields: { PageSize: "text", Limit: "whole" } } },
};
