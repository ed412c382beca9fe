namespace ActorDcp.Hosting.Health;

/// <summary>Tags that say which of the two questions a check belongs to; Akka.Hosting's own checks carry the same.</summary>
internal static class HealthTags
{
    public const string Live = "liveness";
    public const string Ready = "readiness";
}
