using ActorDcp.Hosting.Health;
using ActorDcp.Hosting.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ActorDcp.Hosting;

/// <summary>Maps a member's HTTP calls.</summary>
public static class ActorDcpEndpointExtensions
{
    /// <summary>
    /// Maps <c>/health/live</c>, <c>/health/ready</c>, <c>/metrics</c> and <c>/api/v1/groups</c>. Where a token is configured every
    /// call needs it; a POST from another origin is refused.
    /// </summary>
    public static IEndpointRouteBuilder MapActorDcp(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var guard = ActivatorUtilities.CreateInstance<ApiGuard>(endpoints.ServiceProvider);
        var health = ActivatorUtilities.CreateInstance<HealthCalls>(endpoints.ServiceProvider);
        var groups = ActivatorUtilities.CreateInstance<GroupCalls>(endpoints.ServiceProvider);

        void Get(string pattern, RequestDelegate call) => endpoints.MapGet(pattern, guard.Protect(ApiAnswers.Graceful(call)));
        void Post(string pattern, RequestDelegate call) => endpoints.MapPost(pattern, guard.Protect(ApiAnswers.Graceful(call)));

        Get("/health/live", health.For(HealthTags.Live));
        Get("/health/ready", health.For(HealthTags.Ready));
        endpoints.MapPrometheusScrapingEndpoint("/metrics").Add(endpoint =>
        {
            if (endpoint.RequestDelegate is { } scrape)
                endpoint.RequestDelegate = guard.Protect(scrape);
        });

        Get("/api/v1/groups", groups.ListAsync);
        Get("/api/v1/groups/{group}/status", groups.StatusAsync);
        Get("/api/v1/groups/{group}/vbuckets/{vbucket}/history", groups.HistoryAsync);
        Get("/api/v1/groups/{group}/offsets", groups.ExportAsync);
        endpoints.MapPut("/api/v1/groups/{group}/offsets", guard.Protect(ApiAnswers.Graceful(groups.ImportAsync)));
        foreach (var target in (string[])["/api/v1/groups/{group}", "/api/v1/groups/{group}/vbuckets/{vbucket}"])
        {
            Post(target + ":pause", groups.PauseAsync);
            Post(target + ":resume", groups.ResumeAsync);
            Post(target + ":rewind", groups.RewindAsync);
        }
        return endpoints;
    }
}
