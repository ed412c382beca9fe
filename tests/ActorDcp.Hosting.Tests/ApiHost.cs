using ActorDcp.Hosting.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Hosting.Tests;

/// <summary>A web application on a free loopback port with the member's calls over a given directory of groups.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ApiHost(WebApplication app)
    {
        _app = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public HttpClient Client { get; }

    public static async Task<ApiHost> StartAsync(IGroupDirectory groups, string? token = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ActorDcp:Group"] = "orders",
            ["ActorDcp:Bucket"] = "travel",
            ["ActorDcp:User"] = "reader",
            ["ActorDcp:Password"] = "secret",
            ["ActorDcp:Http:Token"] = token,
        });
        builder.Services.AddActorDcp(builder.Configuration.GetSection("ActorDcp"));
        // after the member's own directory, which knows the group only once it runs: the last one counts
        builder.Services.AddSingleton(groups);
        // what a member starts is not under test here: only its calls are
        foreach (var runtime in builder.Services.Where(service => service.ImplementationType == typeof(ActorDcpRuntime)).ToList())
            builder.Services.Remove(runtime);
        var app = builder.Build();
        app.MapActorDcp();
        await app.StartAsync();
        return new ApiHost(app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
