using ActorDcp.Client;
using ActorDcp.Group;
using ActorDcp.Hosting.Configuration;
using ActorDcp.Hosting.Offsets;
using ActorDcp.Streams;

namespace ActorDcp.Hosting.Runtime;

/// <summary>From the member's options to the settings of its actors.</summary>
internal static class GroupSetup
{
    public static GroupSettings Settings(ActorDcpOptions options, string member)
    {
        var address = CouchbaseAddress.Parse(options.Connection);
        var tls = ClientSetup.Tls(options, address);
        var offsets = StartWord.IsFile(options.Start) ? OffsetsFile.Read(options.Start) : null;
        return new GroupSettings
        {
            Group = options.Group,
            Member = member,
            Bucket = options.Bucket,
            Bootstrap = address.Endpoints(tls is not null),
            Connection = node => ClientSetup.Connection(options, member, node, tls),
            Tls = tls is not null,
            Filter = Filter(options),
            Start = offsets is not null ? GroupStart.Offsets : options.Start == StartWord.Now ? GroupStart.Now : GroupStart.Beginning,
            StartOffsets = offsets is null ? null : new StartOffsets(options.Start, offsets.BucketUuid, offsets.Offsets),
            Shards = options.Cluster.Shards,
            CheckpointInterval = options.Checkpoint.Interval,
            MaxUncheckpointed = options.Checkpoint.MaxUncheckpointed,
            DrainTimeout = options.DrainTimeout,
            Policy = new HandlerPolicy
            {
                OnError = options.Handler.OnError,
                Retries = options.Handler.Retries,
                MinBackoff = options.Handler.RetryDelay,
                MaxBackoff = options.Handler.MaxRetryDelay,
            },
        };
    }

    // names are refused by the validator until they can be resolved; here are numbers only
    private static StreamFilter? Filter(ActorDcpOptions options)
    {
        if (options.Stream.Scope is { } scope)
            return new StreamFilter(ScopeId: CollectionNumber.Parse(scope));
        return options.Stream.Collections.Count == 0
            ? null
            : new StreamFilter(CollectionIds: [.. options.Stream.Collections.Select(CollectionNumber.Parse)]);
    }
}
