using ActorDcp.Group;
using ActorDcp.Hosting.Configuration;
using ActorDcp.Hosting.Offsets;
using ActorDcp.Streams;

namespace ActorDcp.Hosting.Runtime;

/// <summary>From the member's options to the settings of its actors.</summary>
internal static class GroupSetup
{
    public static GroupSettings Settings(ActorDcpOptions options, ClientSetup client, string member)
    {
        var offsets = StartWord.IsFile(options.Start) ? OffsetsFile.Read(options.Start) : null;
        return new GroupSettings
        {
            Group = options.Group,
            Member = member,
            Bucket = options.Bucket,
            Address = client.Address,
            Connection = node => client.Connection(member, node),
            Tls = client.IsTls,
            Filter = Filter(options),
            RollbackMitigation = options.Stream.RollbackMitigationInterval,
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

    private static FilterWish Filter(ActorDcpOptions options) =>
        new([.. options.Stream.Collections.Select(CollectionText.Parse)], options.Stream.Scope is { } scope ? CollectionText.Parse(scope) : null);
}
