using ActorDcp.Hosting;
using ActorDcp.Producer;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ActorDcp.Sample.Tests;

/// <summary>The application as it runs in production, but for its settings: one member with the handler, in this process.</summary>
internal sealed class Shop : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly IHost _host;
    private readonly string _folder;

    private Shop(IHost host, string folder)
    {
        _host = host;
        _folder = folder;
    }

    public OpenOrders Orders => _host.Services.GetRequiredService<OpenOrders>();

    public static async Task<Shop> StartAsync(EmbeddedProducer couchbase)
    {
        var folder = Directory.CreateTempSubdirectory("shop-").FullName;
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ActorDcp:Group"] = "shop",
            ["ActorDcp:Connection"] = couchbase.ConnectionString,
            ["ActorDcp:User"] = "Administrator",
            ["ActorDcp:Password"] = EmbeddedProducerOptions.DefaultPassword,
            ["ActorDcp:Bucket"] = couchbase.Bucket.Name,
            ["ActorDcp:Persistence:ConnectionString"] = $"Data Source={Path.Combine(folder, "shop.db")}",
            ["ActorDcp:Http:Port"] = "0",
        });
        builder.Services.AddSingleton<OpenOrders>();
        builder.Services.AddActorDcp(builder.Configuration.GetSection("ActorDcp")).AddHandler<OpenOrdersHandler>();
        var host = builder.Build();
        await host.StartAsync();
        return new Shop(host, folder);
    }

    /// <summary>Waits until a customer's open orders come to a total. Changes arrive within milliseconds, but not at once.</summary>
    public async Task TotalBecomesAsync(string customer, decimal total)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (Orders.TotalOf(customer) != total)
        {
            Assert.False(deadline.IsCancellationRequested, $"{customer}'s orders come to {Orders.TotalOf(customer)}, not to {total}");
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
