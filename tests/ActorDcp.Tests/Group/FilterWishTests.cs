using System.Collections.Frozen;
using ActorDcp.Group;
using ActorDcp.Protocol.Responses;

namespace ActorDcp.Tests.Group;

/// <summary>What names and numbers of collections come to under a manifest.</summary>
public sealed class FilterWishTests
{
    [Theory]
    [InlineData(5, false)]
    [InlineData(6, true)]
    public void A_collection_that_the_same_manifest_no_longer_shows_is_hidden_from_the_user_and_not_dropped(ulong uid, bool isDropped)
    {
        var wish = Wish("inventory.hotels", "inventory.airlines");
        var filter = new GroupFilter(wish, wish.Resolve(Manifest(5, ("hotels", 8), ("airlines", 9)), Unbound));

        Assert.Equal(isDropped, filter.Learn(Manifest(uid, ("airlines", 9))));

        Assert.Equal(isDropped ? [9u] : [8u, 9u], filter.Current.Filter!.CollectionIds!);
    }

    private static readonly FrozenDictionary<string, uint> Unbound = FrozenDictionary<string, uint>.Empty;

    [Fact]
    public void Names_and_numbers_become_each_collection_once()
    {
        var wish = Wish("inventory.hotels", "9", "inventory.airlines");

        var resolved = wish.Resolve(Manifest(3, ("hotels", 8), ("airlines", 9)), Unbound);

        Assert.Equal([8u, 9u], resolved.Filter!.CollectionIds!);
        Assert.Null(resolved.Trouble);
        Assert.Equal("collections:9,inventory.airlines=9,inventory.hotels=8", wish.Fingerprint(resolved.Bindings));
    }

    [Fact]
    public void Numbers_alone_have_the_fingerprint_they_always_had() =>
        Assert.Equal("collections:9,10", Wish("0x10", "9", "9").Fingerprint(Unbound));

    [Fact]
    public void One_name_alone_follows_its_namesake_and_keeps_its_fingerprint()
    {
        var wish = Wish("inventory.hotels");
        var before = wish.Resolve(Manifest(3, ("hotels", 8)), Unbound);
        var after = wish.Resolve(Manifest(5, ("hotels", 12)), before.Bindings);

        Assert.Equal([12u], after.Filter!.CollectionIds!);
        Assert.Equal("collections:inventory.hotels", wish.Fingerprint(after.Bindings));
    }

    [Fact]
    public void Of_several_a_namesake_is_left_out_also_after_a_restart()
    {
        var wish = Wish("inventory.hotels", "inventory.airlines");
        var first = wish.Resolve(Manifest(3, ("hotels", 8), ("airlines", 9)), Unbound);
        var bound = FilterWish.BindingsIn(wish.Fingerprint(first.Bindings));

        var after = wish.Resolve(Manifest(5, ("hotels", 12), ("airlines", 9)), bound);

        Assert.Equal([9u], after.Filter!.CollectionIds!);
        Assert.Equal(["inventory.hotels"], after.Replaced);
        Assert.Equal(wish.Fingerprint(first.Bindings), wish.Fingerprint(after.Bindings));
    }

    [Fact]
    public void What_several_lack_is_left_out_by_number_and_one_alone_is_waited_for()
    {
        var wish = Wish("inventory.hotels", "inventory.airlines", "9");
        var bound = wish.Resolve(Manifest(3, ("hotels", 8), ("airlines", 10), ("cars", 9)), Unbound);
        Assert.Empty(bound.LeftOut);

        Assert.Equal([8u, 9u], wish.Resolve(Manifest(4, ("airlines", 10)), bound.Bindings).LeftOut);
        Assert.Equal([8u], wish.Resolve(Manifest(5, ("hotels", 12), ("airlines", 10), ("cars", 9)), bound.Bindings).LeftOut);
        Assert.Empty(Wish("inventory.hotels").Resolve(Manifest(4, ("airlines", 10)), bound.Bindings).LeftOut);
    }

    [Fact]
    public void With_nothing_left_no_stream_is_asked_for()
    {
        var resolved = Wish("inventory.hotels").Resolve(Manifest(4, ("airlines", 9)), Unbound);

        Assert.True(resolved.IsEmpty);
        Assert.Equal("inventory.hotels is not in the bucket, or the user may not see it", resolved.Trouble);
        Assert.False(ResolvedFilter.Everything.IsEmpty);
    }

    [Fact]
    public void An_older_manifest_changes_nothing()
    {
        var wish = Wish("inventory.hotels");
        var filter = new GroupFilter(wish, wish.Resolve(Manifest(5, ("hotels", 12)), Unbound));

        Assert.False(filter.Learn(Manifest(3, ("hotels", 8))));
        Assert.Equal([12u], filter.Current.Filter!.CollectionIds!);
        Assert.True(filter.Learn(Manifest(6)));
        Assert.True(filter.Current.IsEmpty);
    }

    [Fact]
    public void What_the_user_may_not_see_any_more_is_told_by_name_until_a_stream_opens()
    {
        var wish = Wish("inventory.hotels", "inventory.airlines");
        var filter = new GroupFilter(wish, wish.Resolve(Manifest(5, ("hotels", 12), ("airlines", 13)), Unbound));

        Assert.False(filter.Learn(Manifest(5, ("airlines", 13))));
        Assert.Equal([12u, 13u], filter.Current.Filter!.CollectionIds!);
        Assert.Equal(
            "the user may not see inventory.hotels any more, which was not dropped: the whole group waits, with its other collections too, until the user may again",
            filter.Hidden);
        filter.NoteOpened();
        Assert.Null(filter.Hidden);

        filter.Learn(Manifest(5, ("airlines", 13)));
        Assert.True(filter.Learn(Manifest(6, ("airlines", 13))));
        Assert.Null(filter.Hidden);
    }

    private static FilterWish Wish(params string[] collections) => new(
        [.. collections.Select(text => new FilterName(text, text switch { "9" => 9, "0x10" => 16, _ => null }))], null);

    private static CollectionsManifest Manifest(ulong uid, params (string Name, uint Id)[] collections) => new(uid,
    [
        new ScopeDescription("inventory", 8, [.. collections.Select(collection => new CollectionDescription(collection.Name, collection.Id, null))]),
    ]);
}
