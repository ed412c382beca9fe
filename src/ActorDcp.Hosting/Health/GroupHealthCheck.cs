using ActorDcp.Hosting.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ActorDcp.Hosting.Health;

/// <summary>Every group of this member does its work: what the member itself finds, one line a finding.</summary>
internal sealed class GroupHealthCheck(IGroupDirectory groups) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (groups.Groups.Count == 0)
            return new HealthCheckResult(context.Registration.FailureStatus, "no group runs yet");
        var data = new Dictionary<string, object>();
        var healthy = true;
        foreach (var name in groups.Groups)
        {
            if (groups.Find(name) is not { } group)
                continue;
            foreach (var finding in await group.GetHealthAsync(cancellationToken).ConfigureAwait(false))
            {
                healthy &= finding.IsHealthy;
                data[$"{name}/{finding.Name}"] = finding.Text;
            }
        }
        return healthy
            ? HealthCheckResult.Healthy("every group is at work", data)
            : new HealthCheckResult(context.Registration.FailureStatus, "a group is not at work", data: data);
    }
}
