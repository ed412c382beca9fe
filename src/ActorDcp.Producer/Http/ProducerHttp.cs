using System.Net;
using System.Net.Sockets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Control;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ActorDcp.Producer.Http;

/// <summary>The HTTP port of a node: what clients ask before they speak KV, and what a management console does (dcp-reference.md 2.7).</summary>
internal sealed class ProducerHttp : IAsyncDisposable
{
    private const int MostConnections = 512;
    private const long LargestBody = 1024 * 1024;
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop;

    private ProducerHttp(WebApplication app, CancellationTokenSource stop, IPEndPoint endPoint)
    {
        _app = app;
        _stop = stop;
        EndPoint = endPoint;
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Listens.</summary>
    /// <exception cref="SocketException">The port is taken.</exception>
    public static async Task<ProducerHttp> StartAsync(ProducerServices services, IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var app = Build(services, endPoint);
        var stop = new CancellationTokenSource();
        try
        {
            HttpAccess.Use(app, services);
            app.Use((context, next) => IsOfAnotherBucket(context, services.Bucket.Name)
                ? JsonAnswer.TextAsync(context, StatusCodes.Status404NotFound, "Requested resource not found.\r\n")
                : next(context));
            PoolRoutes.Map(app, services, stop.Token);
            ScopeRoutes.Map(app.MapGroup($"/pools/default/buckets/{{{PoolRoutes.Bucket}}}"), services.Cluster.Settings.Collections);
            ControlRoutes.Map(app, services.Cluster, services.Node);
            await app.StartAsync(cancellationToken);
            return new ProducerHttp(app, stop, new IPEndPoint(endPoint.Address, PortOf(app)));
        }
        catch (Exception exception)
        {
            await app.DisposeAsync();
            stop.Dispose();
            if (exception is IOException { InnerException: { } reason })
                throw new SocketException((int)SocketError.AddressAlreadyInUse, $"HTTP on {endPoint}: {reason.Message}");
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    private static WebApplication Build(ProducerServices services, IPEndPoint endPoint)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(services.Options.LoggerFactory);
        // a library leaves Ctrl-C to its process
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.Services.Configure<KestrelServerOptions>(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxConcurrentConnections = MostConnections;
            server.Limits.MaxRequestBodySize = LargestBody;
            server.Listen(endPoint, listen => listen.Protocols = HttpProtocols.Http1);
        });
        return builder.Build();
    }

    private static bool IsOfAnotherBucket(HttpContext context, string bucket) =>
        context.Request.RouteValues.TryGetValue(PoolRoutes.Bucket, out var asked) && (string?)asked != bucket;

    private static int PortOf(WebApplication app) =>
        new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
