using System.Text.Json.Serialization;

namespace ActorDcp.Hosting.Http;

/// <summary>JSON of the member's HTTP calls, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(GroupStatus))]
[JsonSerializable(typeof(VBucketHistory))]
[JsonSerializable(typeof(GroupNamesAnswer))]
[JsonSerializable(typeof(OperationAccepted))]
[JsonSerializable(typeof(RewindRequest))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(ApiError))]
internal sealed partial class ApiJson : JsonSerializerContext;
