using System.Net;
using System.Net.Sockets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Control;
using ActorDcp.Producer.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
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

    private ProducerHttp(WebApplication app, CancellationTokenSource stop, NodeAddresses asked)
    {
        _app = app;
        _stop = stop;
        Plain = Bound(asked.Http, Uri.UriSchemeHttp);
        Secure = Bound(asked.Https, Uri.UriSchemeHttps);
    }

    public IPEndPoint? Plain { get; }

    public IPEndPoint? Secure { get; }

    /// <summary>Listens, with TLS and without, wherever the node has an address for it.</summary>
    /// <exception cref="SocketException">A port is taken.</exception>
    public static async Task<ProducerHttp> StartAsync(ProducerServices services, NodeAddresses addresses, CancellationToken cancellationToken)
    {
        var connections = new HttpConnections(MostConnections);
        var app = Build(services, addresses, connections);
        var stop = new CancellationTokenSource();
        try
        {
            HttpAccess.Use(app, services, connections);
            app.Use((context, next) => IsOfAnotherBucket(context, services.Bucket.Name)
                ? JsonAnswer.TextAsync(context, StatusCodes.Status404NotFound, "Requested resource not found.\r\n")
                : next(context));
            PoolRoutes.Map(app, services, stop.Token);
            ScopeRoutes.Map(app.MapGroup($"/pools/default/buckets/{{{PoolRoutes.Bucket}}}"), services.Cluster.Settings.Collections);
            ControlRoutes.Map(app, services.Cluster, services.Node);
            await app.StartAsync(cancellationToken);
            return new ProducerHttp(app, stop, addresses);
        }
        catch (Exception exception)
        {
            await app.DisposeAsync();
            stop.Dispose();
            if (exception is IOException { InnerException: { } reason })
                throw new SocketException((int)SocketError.AddressAlreadyInUse, $"HTTP on {addresses.Http} or {addresses.Https}: {reason.Message}");
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

    private static WebApplication Build(ProducerServices services, NodeAddresses addresses, HttpConnections connections)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(services.Options.LoggerFactory);
        // a library leaves Ctrl-C to its process
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.Services.Configure<KestrelServerOptions>(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = LargestBody;
            server.ConfigureEndpointDefaults(listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                // before TLS: a handshake that never ends is a connection like any other
                listen.Use(next => connection => connections.RunAsync(connection, () => next(connection)));
            });
            if (addresses.Http is { } plain)
                server.Listen(plain);
            if (addresses.Https is { } secure)
                server.Listen(secure, listen => listen.UseHttps(TlsOf(services.Options)));
        });
        return builder.Build();
    }

    private static TlsHandshakeCallbackOptions TlsOf(EmbeddedProducerOptions options)
    {
        // the web server writes its protocols into them: those of KV are others
        var greeting = TlsSetup.Of(options).Options;
        return new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(greeting), HandshakeTimeout = options.AuthenticationTimeout };
    }

    private static bool IsOfAnotherBucket(HttpContext context, string bucket) =>
        context.Request.RouteValues.TryGetValue(PoolRoutes.Bucket, out var asked) && (string?)asked != bucket;

    private IPEndPoint? Bound(IPEndPoint? asked, string scheme) => asked is null ? null : new IPEndPoint(asked.Address,
        _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(address => new Uri(address)).First(address => address.Scheme == scheme).Port);

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
