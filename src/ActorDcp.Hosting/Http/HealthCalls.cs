using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ActorDcp.Hosting.Http;

/// <summary>The calls under <c>/health</c>: 200 or 503 with what each check saw.</summary>
internal sealed class HealthCalls(HealthCheckService checks)
{
    public RequestDelegate For(string tag) => async context =>
    {
        var report = await checks.CheckHealthAsync(registration => registration.Tags.Contains(tag), context.RequestAborted).ConfigureAwait(false);
        var entries = new List<HealthEntry>();
        foreach (var (name, entry) in report.Entries)
        {
            var findings = entry.Data.Count == 0 ? null : entry.Data.ToDictionary(pair => pair.Key, pair => pair.Value.ToString() ?? "");
            entries.Add(new HealthEntry(name, Word(entry.Status), entry.Description ?? entry.Exception?.Message, findings));
        }
        var status = report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        await ApiAnswers.WriteAsync(context, status, new HealthAnswer(Word(report.Status), entries), ApiJson.Default.HealthAnswer).ConfigureAwait(false);
    };

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };
}
