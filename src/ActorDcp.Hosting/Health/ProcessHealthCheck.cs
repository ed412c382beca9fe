using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ActorDcp.Hosting.Health;

/// <summary>The process answers. Couchbase or the database away is no reason to be killed, so nothing else belongs here.</summary>
internal sealed class ProcessHealthCheck : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(HealthCheckResult.Healthy("the process answers"));
}
